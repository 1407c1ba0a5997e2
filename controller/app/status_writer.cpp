#include "app/status_writer.hpp"

#include "api/conditions.hpp"
#include "api/migration_json.hpp"
#include "app/migrations_resource.hpp"

#include <chrono>
#include <stdexcept>

namespace lockkeeper::app {
namespace {

using std::chrono::steady_clock;

constexpr std::string_view field_manager = "lockkeeper";
constexpr int most_writes = 5;
constexpr std::chrono::seconds patience_for_last_write{30};
constexpr std::chrono::milliseconds pause_before_last_write{500};

kube::NamespacedName key_of(const api::Metadata& metadata) {
    return {metadata.ns, metadata.name};
}

std::string ready_reason(const api::MigrationStatus& status) {
    const auto* ready = api::find_condition(status.conditions, api::condition_type::ready);
    return ready == nullptr ? std::string() : ready->reason;
}

}  // namespace

void StatusWriter::write(api::Migration& migration, api::MigrationStatus status, const std::stop_token& stop) const {
    if (status == migration.status) return;
    auto& metadata = migration.metadata;
    for (int attempt = 1; !apply(metadata, status, stop); ++attempt) {
        auto live = read_live(metadata, stop);
        if (!live || live->metadata.uid != metadata.uid) return;  // nobody is left to tell
        // Asked after it was read: what a successor writes later makes the next try fail.
        if (callbacks_.leads && !callbacks_.leads()) return;
        if (attempt == most_writes) throw std::runtime_error("the status was changed by others at each try");
        metadata.resource_version = live->metadata.resource_version;
        // It may be our own last write that the cache, which the status was made from, did not show yet: the same is
        // not news a second time, and what the resource says about since when a condition holds is right.
        migration.status = std::move(live->status);
        api::keep_transition_times(status.conditions, migration.status.conditions);
        if (status == migration.status) return;
    }
    tell_change(migration, status);
    migration.status = std::move(status);
}

void StatusWriter::write_last(api::Migration& migration, const api::MigrationStatus& status,
                              const std::stop_token& stop) const {
    kube::SystemClock clock;
    for (const auto deadline = clock.now() + patience_for_last_write;; clock.sleep(pause_before_last_write, stop)) {
        const bool is_last_try = clock.now() >= deadline || stop.stop_requested();
        try {
            return write(migration, status, stop);
        } catch (const kube::ApiError& error) {
            if (is_last_try || !error.retryable()) throw;
        } catch (const kube::TransportError&) {
            if (is_last_try) throw;
        }
    }
}

std::optional<api::Migration> StatusWriter::read_live(const api::Metadata& metadata,
                                                      const std::stop_token& stop) const {
    try {
        return api::migration_from_json(client_.get({migrations_resource(), key_of(metadata)}, stop));
    } catch (const kube::ApiError& error) {
        if (error.failure() != kube::ApiFailure::NotFound) throw;
        return std::nullopt;
    }
}

/// False if the resource is not as it was read: changed, or gone.
bool StatusWriter::apply(api::Metadata& metadata, const api::MigrationStatus& status,
                         const std::stop_token& stop) const {
    auto body = api::status_apply_body(metadata, status);
    // The API server ignores the uid of an apply to a subresource, but not the version.
    body["metadata"]["resourceVersion"] = metadata.resource_version;
    try {
        const auto written = client_.apply({migrations_resource(), key_of(metadata)}, body,
                                           {std::string(field_manager), "status"}, stop);
        metadata.resource_version = written.resource_version;
        return true;
    } catch (const kube::ApiError& error) {
        if (error.failure() != kube::ApiFailure::NotFound && error.failure() != kube::ApiFailure::Conflict) throw;
        return false;
    }
}

void StatusWriter::tell_change(const api::Migration& before, const api::MigrationStatus& after) const {
    const auto name = key_of(before.metadata).to_string();
    log_.debug("status written", {{"migration", name}});
    if (callbacks_.on_state_change) {
        if (const auto change = reconcile::state_change(before.status, after)) {
            callbacks_.on_state_change(before.metadata, *change);
        }
    }
    const auto reason = ready_reason(after);
    if (reason == ready_reason(before.status)) return;
    const auto* ready = api::find_condition(after.conditions, api::condition_type::ready);
    log_.info("state changed",
              {{"migration", name}, {"reason", reason}, {"message", ready == nullptr ? "" : ready->message}});
}

}  // namespace lockkeeper::app
