#pragma once

#include "api/migration.hpp"
#include "app/in_process_executor.hpp"
#include "app/log.hpp"
#include "app/run_metrics.hpp"
#include "app/source_reader.hpp"
#include "kube/api_client.hpp"
#include "kube/object_cache.hpp"
#include "kube/worker_pool.hpp"
#include "reconcile/decide.hpp"
#include "reconcile/next_status.hpp"

#include <optional>

namespace lockkeeper::app {

/// The `migrations` of the API server.
const kube::Resource& migrations_resource();

/// Brings one Migration closer to its spec: observe, decide, act, write the next status, say when to look again. All
/// that is decided is decided in reconcile/, as pure functions.
class MigrationReconciler {
  public:
    using Cache = kube::ObjectCache<api::Migration>;

    /// All must outlive it. Without `metrics` its runs are not counted.
    MigrationReconciler(kube::ApiClient& client, const Cache& cache, const Log& log, RunMetrics* metrics)
        : client_(client),
          cache_(cache),
          log_(log),
          metrics_(metrics),
          random_(kube::system_random()),
          source_(client),
          executor_(client) {}

    /// Throws what ApiClient throws, to be tried again.
    kube::ReconcileResult reconcile(const kube::NamespacedName& key, const std::stop_token& stop);

  private:
    class Listener;

    reconcile::ObservedState observe(const api::Migration& migration, const std::stop_token& stop) const;
    kube::ReconcileResult act(reconcile::ObservedState observed, const reconcile::Decision& decision,
                              const std::stop_token& stop);
    reconcile::NextStatus run(reconcile::ObservedState& observed, const migration::Goal& goal,
                              const std::stop_token& stop);
    std::optional<api::Migration> read_live(const api::Metadata& metadata, const std::stop_token& stop) const;
    void write_status(api::Migration& migration, api::MigrationStatus status, const std::stop_token& stop) const;

    bool apply_status(api::Metadata& metadata, const api::MigrationStatus& status, const std::stop_token& stop) const;

    kube::ApiClient& client_;
    const Cache& cache_;
    const Log& log_;
    RunMetrics* const metrics_;
    const kube::Random random_;
    SourceReader source_;
    InProcessExecutor executor_;
};

}  // namespace lockkeeper::app
