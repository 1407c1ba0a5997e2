#pragma once

#include "app/job_executor.hpp"
#include "app/log.hpp"
#include "app/run_metrics.hpp"
#include "app/status_writer.hpp"
#include "kube/clock.hpp"
#include "kube/worker_pool.hpp"

#include <stop_token>

namespace lockkeeper::app {

/// Runs that are Jobs, a step at each call: what is remembered of one stands in the Migration's status alone, so any
/// controller can take the next step. No step waits for a run.
class JobRuns {
  public:
    /// All must outlive it. Without `metrics` its runs are not counted.
    JobRuns(const JobExecutor& executor, const StatusWriter& writer, const Log& log, RunMetrics* metrics)
        : executor_(executor), writer_(writer), log_(log), metrics_(metrics), random_(kube::system_random()) {}

    /// Writes the number of a new run into the status, and then makes its Job. `observed` is as the API server has it
    /// now: no Job is under way.
    kube::ReconcileResult begin(reconcile::ObservedState observed, const std::stop_token& stop) const;

    /// Looks what has become of the Job that is under way, and writes that into the status.
    kube::ReconcileResult follow(reconcile::ObservedState observed, const std::stop_token& stop) const;

  private:
    kube::ReconcileResult take_back(reconcile::ObservedState observed, const std::stop_token& stop) const;
    kube::ReconcileResult end(reconcile::ObservedState observed, const reconcile::JobEnded& ended,
                              const std::stop_token& stop) const;

    const JobExecutor& executor_;
    const StatusWriter& writer_;
    const Log& log_;
    RunMetrics* const metrics_;
    const kube::Random random_;
};

}  // namespace lockkeeper::app
