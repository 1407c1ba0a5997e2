#pragma once

#include "api/migration.hpp"
#include "app/log.hpp"
#include "kube/api_client.hpp"
#include "reconcile/state_change.hpp"

#include <functional>
#include <optional>
#include <stop_token>

namespace lockkeeper::app {

/// Writes statuses by server-side apply. Safe from any thread.
class StatusWriter {
  public:
    /// Is told of each change of state that has been written. Called from any thread.
    using OnStateChange = std::function<void(const api::Metadata&, const reconcile::StateChange&)>;

    /// Both must outlive it.
    StatusWriter(kube::ApiClient& client, const Log& log, OnStateChange on_state_change = {})
        : client_(client), log_(log), on_state_change_(std::move(on_state_change)) {}

    /// Writes a status that differs from the Migration's, and only to the very resource that was read: one that was
    /// deleted and made anew in the meantime must not get its predecessor's. Of `migration`, metadata and status are
    /// looked at, and are as the API server has them afterwards. Throws what ApiClient throws.
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
    const OnStateChange on_state_change_;
};

}  // namespace lockkeeper::app
