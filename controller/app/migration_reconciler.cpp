#include "app/migration_reconciler.hpp"

#include "app/run_reporter.hpp"
#include "app/status_mailbox.hpp"

namespace lockkeeper::app {

using std::chrono::steady_clock;
using std::chrono::system_clock;

kube::ReconcileResult MigrationReconciler::reconcile(const kube::NamespacedName& key, const std::stop_token& stop) {
    // Before the cache is asked, so that a deletion that it does not show yet finds something to end.
    const ActiveRuns::Run deletion(active_, key, stop);
    const Turn turn{stop, deletion};
    const auto cached = cache_.find(key);
    if (!cached) return kube::Done{};
    auto observed = observe(*cached, stop);
    auto decision = reconcile::decide(observed);
    if (const auto* const wanted = std::get_if<reconcile::Run>(&decision.action)) {
        if (reconcile::is_expected_up_to_date(observed)) {
            if (auto next = look(observed, wanted->goal, turn)) return end_with(observed, std::move(*next), turn);
        }
        // The cache may lag behind our own last write, and a run is to be decided by the status as it is.
        auto live = writer_.read_live(cached->metadata, stop);
        if (!live) return kube::Done{};
        if (live->metadata.generation != cached->metadata.generation || live->metadata.uid != cached->metadata.uid) {
            observed = observe(*live, stop);
        } else {
            observed.migration = std::move(*live);
        }
        decision = reconcile::decide(observed);
    }
    log_.debug("decided", {{"migration", key.to_string()}, {"rule", std::string(decision.rule)}});
    return act(std::move(observed), decision, turn);
}

reconcile::ObservedState MigrationReconciler::observe(const api::Migration& migration,
                                                      const std::stop_token& stop) const {
    reconcile::ObservedState observed{migration, reconcile::SourceNotFound{}, system_clock::now()};
    if (!migration.metadata.deletion_timestamp && !migration.invalid_spec)
        observed.source = source_.read(migration, stop);
    return observed;
}

kube::ReconcileResult MigrationReconciler::act(reconcile::ObservedState observed, const reconcile::Decision& decision,
                                               const Turn& turn) {
    if (const auto* const wanted = std::get_if<reconcile::Run>(&decision.action)) {
        return run(std::move(observed), wanted->goal, turn);
    }
    return end_with(observed, reconcile::next_status(observed, decision.action), turn);
}

kube::ReconcileResult MigrationReconciler::end_with(reconcile::ObservedState& observed, reconcile::NextStatus next,
                                                    const Turn& turn) const {
    writer_.write_last(observed.migration, next.status, turn.stop);
    if (next.requeue_after) return kube::RequeueAfter{*next.requeue_after};
    return kube::Done{};
}

std::optional<reconcile::NextStatus> MigrationReconciler::look(const reconcile::ObservedState& observed,
                                                               const migration::Goal& goal, const Turn& turn) {
    const auto begin = steady_clock::now();
    const auto outcome = executor_.look(observed.migration, std::get<reconcile::SourceFound>(observed.source).scripts,
                                        goal, turn.deletion.stop());
    if (!outcome) return std::nullopt;
    if (metrics_ != nullptr) metrics_->ended(*outcome, steady_clock::now() - begin);
    return reconcile::status_after_run(observed, *outcome, {system_clock::now(), random_()});
}

kube::ReconcileResult MigrationReconciler::run(reconcile::ObservedState observed, const migration::Goal& goal,
                                               const Turn& turn) {
    auto& migration = observed.migration;
    const kube::NamespacedName key{migration.metadata.ns, migration.metadata.name};
    StatusMailbox mailbox(writer_, observed);
    if (auto before = reconcile::progress_before_run(observed)) {
        mailbox.post(std::move(*before), StatusMailbox::Urgency::Now);
    }
    RunReporter reporter(mailbox, log_, key.to_string());
    const auto begin = steady_clock::now();
    const auto outcome = executor_.run(migration, std::get<reconcile::SourceFound>(observed.source).scripts, goal,
                                       reporter, turn.deletion.stop());
    if (metrics_ != nullptr) {
        metrics_->waited_for_lock(reporter.lock_wait());
        metrics_->ended(outcome, steady_clock::now() - begin);
    }
    const auto& told = mailbox.finish();
    migration.metadata.resource_version = told.metadata.resource_version;
    migration.status = told.status;
    if (turn.deletion.is_cancelled()) {
        const auto live = writer_.read_live(migration.metadata, turn.stop);
        if (!live || live->metadata.uid != migration.metadata.uid) {
            log_.info("deleted during a run, which was cancelled", {{"migration", key.to_string()}});
            return kube::Done{};
        }
        migration.metadata = live->metadata;
    }
    return end_with(observed, reconcile::status_after_run(observed, outcome, {system_clock::now(), random_()}), turn);
}

}  // namespace lockkeeper::app
