#pragma once

#include "api/migration.hpp"
#include "app/log.hpp"
#include "kube/api_client.hpp"
#include "reconcile/state_change.hpp"

#include <functional>
#include <optional>
#include <stop_token>

namespace lockkeeper::app {

struct StatusCallbacks {
    /// Is told of each change of state that has been written. Called from any thread.
    std::function<void(const api::Metadata&, const reconcile::StateChange&)> on_state_change{};
    /// Is this process the leader, by the clock? None: there are no others.
    std::function<bool()> leads{};
};

/// Writes statuses by server-side apply. Safe from any thread.
class StatusWriter {
  public:
    using Callbacks = StatusCallbacks;
    using OnStateChange = decltype(Callbacks::on_state_change);

    /// Both must outlive it.
    StatusWriter(kube::ApiClient& client, const Log& log, Callbacks callbacks = {})
        : client_(client), log_(log), callbacks_(std::move(callbacks)) {}

    /// Writes a status that differs from the Migration's, and only to the very resource that was read: one that was
    /// deleted and made anew in the meantime must not get its predecessor's. What others have changed meanwhile is no
    /// hindrance, but for who no longer leads: it may be its successor's status, which stays. Of `migration`, metadata
    /// and status are looked at, and are as the API server has them afterwards. Throws what ApiClient throws.
    void write(api::Migration& migration, api::MigrationStatus status, const std::stop_token& stop) const;

    /// As write, for a status that must not be lost: while the API server does not answer, it is tried again for half a
    /// minute.
    void write_last(api::Migration& migration, const api::MigrationStatus& status, const std::stop_token& stop) const;

    /// The Migration as the API server has it now, past every cache; none if it is gone.
    std::optional<api::Migration> read_live(const api::Metadata& metadata, const std::stop_token& stop) const;

  private:
    bool apply(api::Metadata& metadata, const api::MigrationStatus& status, const std::stop_token& stop) const;
    void tell_change(const api::Migration& before, const api::MigrationStatus& after) const;

    kube::ApiClient& client_;
    const Log& log_;
    const Callbacks callbacks_;
};

}  // namespace lockkeeper::app
