#include "app/run_metrics.hpp"

#include <string>

namespace lockkeeper::app {
namespace {

using prometheus::Histogram;

double seconds(std::chrono::steady_clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

/// From a look at what is up to date to an index build of a day.
const Histogram::BucketBoundaries run_buckets{0.01, 0.025, 0.05, 0.1, 0.25, 0.5,   1,      2.5,   5,
                                              10,   30,    60,   300, 900,  3'600, 14'400, 86'400};
const Histogram::BucketBoundaries wait_buckets{0.001, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600, 3'600};

Histogram& histogram(prometheus::Registry& registry, const char* name, const char* help,
                     const Histogram::BucketBoundaries& buckets) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
}

}  // namespace

RunMetrics::RunMetrics()
    : failures_(
          prometheus::BuildCounter()
              .Name("lockkeeper_run_failures_total")
              .Help("Runs that failed, by reason and class of SQLSTATE, which is empty where the database said none")
              .Register(registry_)) {
    auto& runs = prometheus::BuildCounter()
                     .Name("lockkeeper_runs_total")
                     .Help("Runs against a database, by result; a run with nothing to do succeeds")
                     .Register(registry_);
    succeeded_ = &runs.Add({{"result", "success"}});
    failed_ = &runs.Add({{"result", "failure"}});
    auto& scripts = prometheus::BuildCounter()
                        .Name("lockkeeper_scripts_total")
                        .Help("Scripts applied and rolled back")
                        .Register(registry_);
    applied_ = &scripts.Add({{"direction", std::string(to_string(migration::Direction::Up))}});
    rolled_back_ = &scripts.Add({{"direction", std::string(to_string(migration::Direction::Down))}});
    duration_ = &histogram(registry_, "lockkeeper_run_duration_seconds",
                           "Duration of a run, with its wait for the lock", run_buckets);
    lock_wait_ = &histogram(registry_, "lockkeeper_lock_wait_seconds",
                            "How long a run waited for another runner's advisory lock", wait_buckets);
}

void RunMetrics::ended(const reconcile::Outcome& outcome, std::chrono::steady_clock::duration duration) {
    duration_->Observe(seconds(duration));
    const auto* const report = std::get_if<migration::RunReport>(&outcome);
    if (report == nullptr) {
        const auto* const failure = std::get_if<reconcile::ExecutionFailure>(&outcome);
        failed_->Increment();
        failures_.Add({{"reason", failure == nullptr ? "SecretNotFound" : failure->reason}, {"sqlstate_class", ""}})
            .Increment();
        return;
    }
    for (const auto& script : report->ran) {
        (script.direction == migration::Direction::Up ? applied_ : rolled_back_)->Increment();
    }
    if (report->succeeded()) {
        succeeded_->Increment();
        return;
    }
    failed_->Increment();
    failures_
        .Add({{"reason", std::string(to_string(report->failure->kind))},
              {"sqlstate_class", report->failure->sqlstate.substr(0, 2)}})
        .Increment();
}

void RunMetrics::waited_for_lock(std::chrono::steady_clock::duration duration) {
    lock_wait_->Observe(seconds(duration));
}

std::vector<prometheus::MetricFamily> RunMetrics::Collect() const {
    return registry_.Collect();
}

}  // namespace lockkeeper::app
