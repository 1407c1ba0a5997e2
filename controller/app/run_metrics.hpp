#pragma once

#include "reconcile/next_status.hpp"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <chrono>
#include <vector>

namespace lockkeeper::app {

/// What became of the runs of this process: lockkeeper_runs_total, lockkeeper_run_failures_total,
/// lockkeeper_run_duration_seconds, lockkeeper_lock_wait_seconds and lockkeeper_scripts_total. Safe from any thread.
class RunMetrics : public prometheus::Collectable {
  public:
    RunMetrics();

    void ended(const reconcile::Outcome& outcome, std::chrono::steady_clock::duration duration);
    /// How long a run waited for another runner's advisory lock, whether or not it got it; zero where it was free.
    void waited_for_lock(std::chrono::steady_clock::duration duration);

    std::vector<prometheus::MetricFamily> Collect() const override;  // NOLINT(readability-identifier-naming)

  private:
    prometheus::Registry registry_;
    prometheus::Family<prometheus::Counter>& failures_;
    prometheus::Counter* succeeded_;
    prometheus::Counter* failed_;
    prometheus::Counter* applied_;
    prometheus::Counter* rolled_back_;
    prometheus::Histogram* duration_;
    prometheus::Histogram* lock_wait_;
};

}  // namespace lockkeeper::app
