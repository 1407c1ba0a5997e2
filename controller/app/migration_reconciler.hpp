#pragma once

#include "api/migration.hpp"
#include "app/active_runs.hpp"
#include "app/alarm_clock.hpp"
#include "app/execution_options.hpp"
#include "app/in_process_executor.hpp"
#include "app/job_executor.hpp"
#include "app/job_runs.hpp"
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

    /// All must outlive it.
    struct Collaborators {
        kube::ApiClient& client;
        const Cache& cache;
        engine::SpareSessions& spares;
        const Log& log;
        RunMetrics* metrics;  ///< null: its runs are not counted
    };

    MigrationReconciler(const Collaborators& with, ExecutionOptions execution, StatusWriter::Callbacks callbacks)
        : cache_(with.cache),
          execution_(std::move(execution)),
          log_(with.log),
          metrics_(with.metrics),
          random_(kube::system_random()),
          source_(with.client),
          executor_(with.client, with.spares),
          writer_(with.client, log_, std::move(callbacks)),
          jobs_(with.client, {execution_.runner_image, execution_.image_pull_policy}),
          job_runs_(jobs_, writer_, log_, metrics_) {}
    ~MigrationReconciler() = default;
    MigrationReconciler(const MigrationReconciler&) = delete;
    MigrationReconciler& operator=(const MigrationReconciler&) = delete;

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
    /// The same by what the API server has now. Nothing if it is gone.
    std::optional<reconcile::ObservedState> observe_live(reconcile::ObservedState cached,
                                                         const std::stop_token& stop) const;
    kube::ReconcileResult begin_run(reconcile::ObservedState observed, const migration::Goal& goal, const Turn& turn);
    kube::ReconcileResult act(reconcile::ObservedState observed, const reconcile::Decision& decision, const Turn& turn);
    kube::ReconcileResult end_with(reconcile::ObservedState& observed, reconcile::NextStatus next,
                                   const std::stop_token& stop) const;
    /// The status that follows where the database has every script; none where a run has something to do.
    std::optional<reconcile::NextStatus> look(const reconcile::ObservedState& observed, const migration::Goal& goal,
                                              const Turn& turn);
    kube::ReconcileResult run(reconcile::ObservedState observed, const migration::Goal& goal, const Turn& turn);

    const Cache& cache_;
    const ExecutionOptions execution_;
    const Log& log_;
    RunMetrics* const metrics_;
    const kube::Random random_;
    SourceReader source_;
    InProcessExecutor executor_;
    StatusWriter writer_;
    JobExecutor jobs_;
    JobRuns job_runs_;
    ActiveRuns active_;
    AlarmClock alarms_;
};

}  // namespace lockkeeper::app
