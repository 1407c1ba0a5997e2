#include "app/job_runs.hpp"

#include "reconcile/job_status.hpp"

namespace lockkeeper::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

/// How often a Job that is under way is looked at. Its end wakes us besides.
constexpr milliseconds look_again{2'000};

std::string name_of(const api::Migration& migration) {
    return migration.metadata.ns + "/" + migration.metadata.name;
}

}  // namespace

kube::ReconcileResult JobRuns::begin(reconcile::ObservedState observed, const std::stop_token& stop) const {
    writer_.write(observed.migration, reconcile::status_before_job(observed), stop);
    const auto& status = observed.migration.status;
    if (const auto refusal = executor_.start(observed, status.run, stop))
        return end(observed, {*refusal, {}, {}}, stop);
    log_.info("Job made", {{"migration", name_of(observed.migration)}, {"job", status.job->name}});
    return kube::RequeueAfter{look_again};
}

kube::ReconcileResult JobRuns::follow(reconcile::ObservedState observed, const std::stop_token& stop) const {
    const auto seen = executor_.look(observed.migration, stop);
    if (inputs_changed(observed) && can_be_replaced(seen)) return take_back(std::move(observed), stop);
    const auto verdict = reconcile::judge(seen);
    if (const auto* ended = std::get_if<reconcile::JobEnded>(&verdict)) return end(std::move(observed), *ended, stop);
    writer_.write(observed.migration, reconcile::status_during_job(observed, verdict), stop);
    return kube::RequeueAfter{look_again};
}

kube::ReconcileResult JobRuns::take_back(reconcile::ObservedState observed, const std::stop_token& stop) const {
    executor_.remove_job(observed.migration, stop);
    executor_.remove_config_maps(observed.migration, stop);
    log_.info("Job taken back, since its Migration has changed",
              {{"migration", name_of(observed.migration)}, {"job", observed.migration.status.job->name}});
    writer_.write(observed.migration, reconcile::status_without_job(observed), stop);
    return kube::RequeueAfter{milliseconds(0)};
}

kube::ReconcileResult JobRuns::end(reconcile::ObservedState observed, const reconcile::JobEnded& ended,
                                   const std::stop_token& stop) const {
    // Before the status says that it has ended: what is left of an attempt that dies here is found again by its name.
    executor_.remove_config_maps(observed.migration, stop);
    const auto now = system_clock::now();
    if (metrics_ != nullptr) metrics_->ended(ended.outcome, now - observed.migration.status.job->started_at);
    const auto next = reconcile::status_after_job(observed, ended, {now, random_()});
    writer_.write_last(observed.migration, next.status, stop);
    // What has changed while it ran is looked at now, for nothing else will wake us; a retry or an interval is waited
    // for from there.
    return kube::RequeueAfter{milliseconds(0)};
}

}  // namespace lockkeeper::app
