#include "app/migration_reconciler.hpp"

#include "api/conditions.hpp"
#include "api/migration_json.hpp"
#include "api/reasons.hpp"
#include "kube/object_meta.hpp"

#include <stdexcept>

namespace lockkeeper::app {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

constexpr std::string_view field_manager = "lockkeeper";
constexpr int most_status_writes = 5;

kube::NamespacedName key_of(const api::Metadata& metadata) {
    return {metadata.ns, metadata.name};
}

std::string text_of(const api::Metadata& metadata) {
    return key_of(metadata).to_string();
}

std::string ready_reason(const api::MigrationStatus& status) {
    const auto* ready = api::find_condition(status.conditions, api::condition_type::ready);
    return ready == nullptr ? std::string() : ready->reason;
}

}  // namespace

const kube::Resource& migrations_resource() {
    static const kube::Resource resource{std::string(api::api_group), "v1alpha1", std::string(api::migration_plural)};
    return resource;
}

/// Says in the status and the log what a run does. A write that fails is no reason to end the run.
class MigrationReconciler::Listener : public engine::RunListener {
  public:
    Listener(const MigrationReconciler& reconciler, reconcile::ObservedState& observed, const std::stop_token& stop)
        : reconciler_(reconciler), observed_(observed), stop_(stop) {}

    void waiting(const engine::LockWait& wait) override {
        if (!waiting_since_) waiting_since_ = steady_clock::now();
        std::string message = "waiting for the advisory lock " + std::to_string(wait.key);
        if (wait.holder) {
            message += ", held by pid " + std::to_string(wait.holder->pid) + " (" + wait.holder->application + ")";
        }
        say(api::reason::waiting_for_lock, message);
    }
    void planned(const migration::Plan& plan) override {
        has_lock_since_ = steady_clock::now();
        if (plan.steps.empty()) return;
        const auto count = std::to_string(plan.steps.size());
        say(api::reason::migrating, "running " + count + (plan.steps.size() == 1 ? " script" : " scripts"));
    }
    void finished(const migration::Step& step, std::chrono::milliseconds duration) override {
        reconciler_.log_.info("script finished", {{"migration", text_of(observed_.migration.metadata)},
                                                  {"version", step.version.text()},
                                                  {"direction", std::string(migration::to_string(step.direction))},
                                                  {"milliseconds", std::to_string(duration.count())}});
    }

    /// Zero where the lock was free.
    steady_clock::duration lock_wait() const {
        if (!waiting_since_) return {};
        return has_lock_since_.value_or(steady_clock::now()) - *waiting_since_;
    }

  private:
    void say(std::string_view reason, const std::string& message) {
        try {
            reconciler_.write_status(observed_.migration,
                                     status_while_running(observed_, reason, message, system_clock::now()), stop_);
        } catch (const std::exception& error) {
            reconciler_.log_.debug("cannot write the status of a run",
                                   {{"migration", text_of(observed_.migration.metadata)}, {"error", error.what()}});
        }
    }

    const MigrationReconciler& reconciler_;
    reconcile::ObservedState& observed_;
    const std::stop_token& stop_;
    std::optional<steady_clock::time_point> waiting_since_;
    std::optional<steady_clock::time_point> has_lock_since_;
};

kube::ReconcileResult MigrationReconciler::reconcile(const kube::NamespacedName& key, const std::stop_token& stop) {
    const auto cached = cache_.find(key);
    if (!cached) return kube::Done{};
    auto observed = observe(*cached, stop);
    auto decision = reconcile::decide(observed);
    if (std::holds_alternative<reconcile::Run>(decision.action)) {
        // The cache may lag behind our own last write, and a run is to be decided by the status as it is.
        auto live = read_live(cached->metadata, stop);
        if (!live) return kube::Done{};
        if (live->metadata.generation != cached->metadata.generation) {
            observed = observe(*live, stop);
        } else {
            observed.migration = std::move(*live);
        }
        decision = reconcile::decide(observed);
    }
    log_.debug("decided", {{"migration", key.to_string()}, {"rule", std::string(decision.rule)}});
    return act(std::move(observed), decision, stop);
}

reconcile::ObservedState MigrationReconciler::observe(const api::Migration& migration,
                                                      const std::stop_token& stop) const {
    reconcile::ObservedState observed{migration, reconcile::SourceNotFound{}, system_clock::now()};
    if (!migration.metadata.deletion_timestamp && !migration.invalid_spec)
        observed.source = source_.read(migration, stop);
    return observed;
}

std::optional<api::Migration> MigrationReconciler::read_live(const api::Metadata& metadata,
                                                             const std::stop_token& stop) const {
    try {
        return api::migration_from_json(client_.get({migrations_resource(), key_of(metadata)}, stop));
    } catch (const kube::ApiError& error) {
        if (error.failure() != kube::ApiFailure::NotFound) throw;
        return std::nullopt;
    }
}

kube::ReconcileResult MigrationReconciler::act(reconcile::ObservedState observed, const reconcile::Decision& decision,
                                               const std::stop_token& stop) {
    const auto* const wanted = std::get_if<reconcile::Run>(&decision.action);
    auto next =
        wanted != nullptr ? run(observed, wanted->goal, stop) : reconcile::next_status(observed, decision.action);
    write_status(observed.migration, std::move(next.status), stop);
    if (next.requeue_after) return kube::RequeueAfter{*next.requeue_after};
    return kube::Done{};
}

reconcile::NextStatus MigrationReconciler::run(reconcile::ObservedState& observed, const migration::Goal& goal,
                                               const std::stop_token& stop) {
    if (auto before = reconcile::status_before_run(observed))
        write_status(observed.migration, std::move(*before), stop);
    Listener listener(*this, observed, stop);
    const auto begin = steady_clock::now();
    const auto outcome = executor_.run(observed.migration, std::get<reconcile::SourceFound>(observed.source).scripts,
                                       goal, listener, stop);
    if (metrics_ != nullptr) {
        metrics_->waited_for_lock(listener.lock_wait());
        metrics_->ended(outcome, steady_clock::now() - begin);
    }
    return reconcile::status_after_run(observed, outcome, {system_clock::now(), random_()});
}

/// Writes only what differs, and only to the very resource that was read: one that was deleted and made anew in the
/// meantime must not get its predecessor's status.
void MigrationReconciler::write_status(api::Migration& migration, api::MigrationStatus status,
                                       const std::stop_token& stop) const {
    if (status == migration.status) return;
    auto& metadata = migration.metadata;
    for (int attempt = 1; !apply_status(metadata, status, stop); ++attempt) {
        const auto live = read_live(metadata, stop);
        if (!live || live->metadata.uid != metadata.uid) return;  // nobody is left to tell
        if (attempt == most_status_writes) throw std::runtime_error("the status was changed by others at each try");
        metadata.resource_version = live->metadata.resource_version;
    }
    if (const auto reason = ready_reason(status); reason != ready_reason(migration.status)) {
        const auto* ready = api::find_condition(status.conditions, api::condition_type::ready);
        log_.info("state changed", {{"migration", text_of(metadata)},
                                    {"reason", reason},
                                    {"message", ready == nullptr ? "" : ready->message}});
    }
    migration.status = std::move(status);
}

/// False if the resource is not as it was read: changed, or gone.
bool MigrationReconciler::apply_status(api::Metadata& metadata, const api::MigrationStatus& status,
                                       const std::stop_token& stop) const {
    auto body = api::status_apply_body(metadata, status);
    // The API server ignores the uid of an apply to a subresource, but not the version.
    body["metadata"]["resourceVersion"] = metadata.resource_version;
    try {
        const auto written = client_.apply({migrations_resource(), key_of(metadata)}, body,
                                           {std::string(field_manager), "status"}, stop);
        metadata.resource_version = kube::ObjectMeta::of(written).resource_version;
        return true;
    } catch (const kube::ApiError& error) {
        if (error.failure() != kube::ApiFailure::NotFound && error.failure() != kube::ApiFailure::Conflict) throw;
        return false;
    }
}

}  // namespace lockkeeper::app
