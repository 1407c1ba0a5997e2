#pragma once

#include "api/migration.hpp"
#include "engine/migrator.hpp"
#include "kube/api_client.hpp"
#include "migration/plan.hpp"
#include "reconcile/next_status.hpp"

#include <stop_token>

namespace lockkeeper::app {

/// Runs a Migration in this process. The Secret with the connection string is asked by name for each run and forgotten
/// after it.
class InProcessExecutor {
  public:
    explicit InProcessExecutor(kube::ApiClient& client) : client_(client) {}

    /// Every failure of the database is in the outcome. Throws what ApiClient throws.
    reconcile::Outcome run(const api::Migration& migration, const migration::ScriptSet& scripts,
                           const migration::Goal& goal, engine::RunListener& listener,
                           const std::stop_token& stop) const;

  private:
    kube::ApiClient& client_;
};

}  // namespace lockkeeper::app
