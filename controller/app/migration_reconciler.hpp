#pragma once

#include "api/migration.hpp"
#include "app/active_runs.hpp"
#include "app/in_process_executor.hpp"
#include "app/log.hpp"
#include "app/run_metrics.hpp"
#include "app/source_reader.hpp"
#include "app/status_writer.hpp"
#include "kube/api_client.hpp"
#include "kube/object_cache.hpp"
#include "kube/worker_pool.hpp"
#include "reconcile/decide.hpp"
#include "reconcile/next_status.hpp"

#include <optional>

namespace lockkeeper::app {

/// Brings one Migration closer to its spec: observe, decide, act, write the next status, say when to look again. All
/// that is decided is decided in reconcile/, as pure functions.
class MigrationReconciler {
  public:
    using Cache = kube::ObjectCache<api::Migration>;

    /// All must outlive it. Without `metrics` its runs are not counted.
    MigrationReconciler(kube::ApiClient& client, const Cache& cache, const Log& log, RunMetrics* metrics)
        : cache_(cache),
          log_(log),
          metrics_(metrics),
          random_(kube::system_random()),
          source_(client),
          executor_(client),
          writer_(client, log) {}

    /// Throws what ApiClient throws, to be tried again.
    kube::ReconcileResult reconcile(const kube::NamespacedName& key, const std::stop_token& stop);

    /// To be called when a Migration is deleted, or begins to be: ends its run, if there is one.
    void end_run(const kube::NamespacedName& key) { active_.cancel(key); }

  private:
    /// One call of reconcile: how it is stopped, and whether by the deletion of what it works on.
    struct Turn {
        const std::stop_token& stop;      ///< of the worker
        const ActiveRuns::Run& deletion;  ///< also of the worker
    };

    reconcile::ObservedState observe(const api::Migration& migration, const std::stop_token& stop) const;
    kube::ReconcileResult act(reconcile::ObservedState observed, const reconcile::Decision& decision, const Turn& turn);
    kube::ReconcileResult end_with(reconcile::ObservedState& observed, reconcile::NextStatus next,
                                   const Turn& turn) const;
    /// The status that follows where the database has every script; none where a run has something to do.
    std::optional<reconcile::NextStatus> look(const reconcile::ObservedState& observed, const migration::Goal& goal,
                                              const Turn& turn);
    kube::ReconcileResult run(reconcile::ObservedState observed, const migration::Goal& goal, const Turn& turn);

    const Cache& cache_;
    const Log& log_;
    RunMetrics* const metrics_;
    const kube::Random random_;
    SourceReader source_;
    InProcessExecutor executor_;
    StatusWriter writer_;
    ActiveRuns active_;
};

}  // namespace lockkeeper::app
