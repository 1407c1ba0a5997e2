#include "app/migration_reconciler.hpp"

#include "api/durations.hpp"
#include "api/reasons.hpp"
#include "app/run_deadline.hpp"
#include "app/run_reporter.hpp"
#include "app/status_mailbox.hpp"
#include "reconcile/job_status.hpp"

namespace lockkeeper::app {

using std::chrono::steady_clock;
using std::chrono::system_clock;

namespace {

constexpr std::chrono::seconds patience_at_the_end{2};

bool runs_in_process(const api::Migration& migration) {
    return migration.spec.execution.mode == api::ExecutionMode::InProcess;
}

/// Nobody has written a status yet. Such a one misleads nobody, and no decision can rest on it.
bool says_nothing(const api::MigrationStatus& status) {
    return status.conditions.empty();
}

/// A run that was ended because its time was over was not interrupted by anybody.
reconcile::Outcome judged(reconcile::Outcome outcome, const RunDeadline& deadline, const api::Migration& migration) {
    const auto* report = std::get_if<migration::RunReport>(&outcome);
    const bool is_interrupted =
        report != nullptr && report->failure && report->failure->kind == migration::FailureKind::Interrupted;
    if (!is_interrupted || !deadline.has_passed()) return outcome;
    return reconcile::ExecutionFailure{std::string(api::reason::deadline_exceeded),
                                       "the run took longer than spec.execution.timeout (" +
                                           api::format_duration(migration.spec.execution.timeout) + "), and was ended",
                                       migration::Retry::Slowly};
}

}  // namespace

kube::ReconcileResult MigrationReconciler::reconcile(const kube::NamespacedName& key, const std::stop_token& stop) {
    // Before the cache is asked, so that a deletion that it does not show yet finds something to end.
    const ActiveRuns::Run deletion(active_, key, stop);
    const Turn turn{stop, deletion};
    const auto cached = cache_.find(key);
    if (!cached) return kube::Done{};
    auto observed = observe(*cached, stop);
    auto decision = reconcile::decide(observed);
    const auto* const wanted = std::get_if<reconcile::Run>(&decision.action);
    if (wanted != nullptr && runs_in_process(observed.migration) && reconcile::is_expected_up_to_date(observed)) {
        if (auto next = look(observed, wanted->goal, turn)) {
            log_.debug("decided", {{"migration", key.to_string()}, {"rule", "look"}});
            return end_with(observed, std::move(*next), stop);
        }
    }
    // The cache may lag behind our own last write, and a run is to be decided by the status as it is. Where that says
    // nothing, who ran it meanwhile has left it in the database.
    const bool rests_on_status = !says_nothing(cached->status) || !runs_in_process(*cached);
    if ((wanted != nullptr && rests_on_status) || std::holds_alternative<reconcile::Follow>(decision.action)) {
        auto live = observe_live(std::move(observed), stop);
        if (!live) return kube::Done{};
        observed = std::move(*live);
        decision = reconcile::decide(observed);
    }
    log_.debug("decided", {{"migration", key.to_string()}, {"rule", std::string(decision.rule)}});
    return act(std::move(observed), decision, turn);
}

reconcile::ObservedState MigrationReconciler::observe(const api::Migration& migration,
                                                      const std::stop_token& stop) const {
    reconcile::ObservedState observed{migration, reconcile::SourceNotFound{}, system_clock::now()};
    // A Job that is under way has its scripts.
    const bool is_of_interest = !migration.metadata.deletion_timestamp && !migration.invalid_spec &&
                                !reconcile::job_is_under_way(migration.status);
    if (is_of_interest) observed.source = source_.read(migration, stop);
    observed.dependencies = reconcile::observe_dependencies(migration, [&](const std::string& name) {
        return cache_.find({migration.metadata.ns, name});
    });
    return observed;
}

std::optional<reconcile::ObservedState> MigrationReconciler::observe_live(reconcile::ObservedState cached,
                                                                          const std::stop_token& stop) const {
    const auto& known = cached.migration;
    auto live = writer_.read_live(known.metadata, stop);
    if (!live) return std::nullopt;
    const bool is_same = live->metadata.generation == known.metadata.generation &&
                         live->metadata.uid == known.metadata.uid &&
                         reconcile::job_is_under_way(live->status) == reconcile::job_is_under_way(known.status);
    if (!is_same) return observe(*live, stop);
    cached.migration = std::move(*live);
    return cached;
}

kube::ReconcileResult MigrationReconciler::act(reconcile::ObservedState observed, const reconcile::Decision& decision,
                                               const Turn& turn) {
    if (const auto* const wanted = std::get_if<reconcile::Run>(&decision.action)) {
        return begin_run(std::move(observed), wanted->goal, turn);
    }
    if (std::holds_alternative<reconcile::Follow>(decision.action)) {
        return job_runs_.follow(std::move(observed), turn.stop);
    }
    return end_with(observed, reconcile::next_status(observed, decision.action), turn.stop);
}

kube::ReconcileResult MigrationReconciler::begin_run(reconcile::ObservedState observed, const migration::Goal& goal,
                                                     const Turn& turn) {
    const auto mode = observed.migration.spec.execution.mode;
    if (!execution_.allows(mode)) {
        const reconcile::Report report{reconcile::Outlook::NeedsAPerson,
                                       std::string(api::reason::execution_mode_disabled), refusal_of(mode, execution_),
                                       std::nullopt};
        return end_with(observed, reconcile::next_status(observed, report), turn.stop);
    }
    if (mode == api::ExecutionMode::Job) return job_runs_.begin(std::move(observed), turn.stop);
    return run(std::move(observed), goal, turn);
}

kube::ReconcileResult MigrationReconciler::end_with(reconcile::ObservedState& observed, reconcile::NextStatus next,
                                                    const std::stop_token& stop) const {
    writer_.write_last(observed.migration, next.status, stop);
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
    StatusMailbox mailbox(writer_, alarms_, observed);
    if (auto before = reconcile::progress_before_run(observed)) {
        // What is soon over is told once.
        const bool can_wait = says_nothing(migration.status);
        mailbox.post(std::move(*before), can_wait ? StatusMailbox::Urgency::Soon : StatusMailbox::Urgency::Now);
    }
    RunReporter reporter(mailbox, log_, key.to_string());
    const RunDeadline deadline(alarms_, migration.spec.execution.timeout, turn.deletion.stop());
    const auto begin = steady_clock::now();
    const auto outcome = judged(executor_.run(migration, std::get<reconcile::SourceFound>(observed.source).scripts,
                                              goal, reporter, deadline.stop()),
                                deadline, migration);
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
    // A controller that ends does not leave it said that a script runs, if an API server answers.
    std::optional<RunDeadline> last_word;
    if (turn.stop.stop_requested()) last_word.emplace(alarms_, patience_at_the_end, std::stop_token());
    const auto stop = last_word ? last_word->stop() : turn.stop;
    return end_with(observed, reconcile::status_after_run(observed, outcome, {system_clock::now(), random_()}), stop);
}

}  // namespace lockkeeper::app
