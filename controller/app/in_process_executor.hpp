#pragma once

#include "api/migration.hpp"
#include "engine/migrator.hpp"
#include "kube/api_client.hpp"
#include "migration/plan.hpp"
#include "reconcile/next_status.hpp"

#include <functional>
#include <optional>
#include <stop_token>

namespace lockkeeper::app {

/// Runs a Migration in this process. The Secret with the connection string is asked by name for each run and forgotten
/// after it; a session that it has opened may go on to another run.
class InProcessExecutor {
  public:
    /// Both must outlive it.
    InProcessExecutor(kube::ApiClient& client, engine::SpareSessions& spares) : client_(client), spares_(spares) {}

    /// Every failure of the database is in the outcome. Throws what ApiClient throws.
    reconcile::Outcome run(const api::Migration& migration, const migration::ScriptSet& scripts,
                           const migration::Goal& goal, engine::RunListener& listener,
                           const std::stop_token& stop) const;

    /// Asks the database, and changes nothing. Nothing if it lacks a script, or anything else stands against it that is
    /// to be found again by run, under the lock. Throws what ApiClient throws.
    std::optional<reconcile::Outcome> look(const api::Migration& migration, const migration::ScriptSet& scripts,
                                           const migration::Goal& goal, const std::stop_token& stop) const;

  private:
    /// Calls `use` with the database of the Migration.
    reconcile::Outcome with_database(const api::Migration& migration, const std::stop_token& stop,
                                     const std::function<migration::RunReport(engine::Migrator&)>& use) const;

    kube::ApiClient& client_;
    engine::SpareSessions& spares_;
};

}  // namespace lockkeeper::app
