#include "reconcile/next_status.hpp"

#include "api/reasons.hpp"
#include "reconcile/backoff.hpp"
#include "reconcile/job_status.hpp"
#include "reconcile/status_draft.hpp"
#include "reconcile/wording.hpp"

#include <algorithm>

namespace lockkeeper::reconcile {
namespace {

using migration::DatabaseState;
using migration::Failure;
using migration::FailureKind;
using migration::Retry;
using migration::RunReport;
using std::chrono::milliseconds;
using std::chrono::system_clock;

api::Timestamp whole_seconds(system_clock::time_point time) {
    return std::chrono::floor<std::chrono::seconds>(time);
}

template <typename... Visitors>
struct Overloaded : Visitors... {
    using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

/// Between nine tenths and all of an interval, so that many do not come back at once.
milliseconds spread(milliseconds interval, double chance) {
    const auto taken_off = static_cast<double>(interval.count()) / 10.0 * chance;
    return interval - milliseconds(static_cast<milliseconds::rep>(taken_off));
}

NextStatus after_report(const ObservedState& observed, const Report& report) {
    StatusDraft draft(observed, observed.now);
    switch (report.outlook) {
        case Outlook::HealsByItself:
            draft.converging(report.reason, report.message);
            draft.status().last_error = report.error;
            break;
        case Outlook::NeedsAPerson:
            draft.stalled(report.reason, report.message);
            draft.status().last_error = report.error;
            break;
        case Outlook::Suspended:
            draft.suspended(report.message);
            break;
    }
    return {std::move(draft.status()), std::nullopt};
}

NextStatus after_keep(const ObservedState& observed) {
    StatusDraft draft(observed, observed.now);
    draft.keep_ready();
    return {std::move(draft.status()), until_next_job(observed)};
}

void take_over(const DatabaseState& database, api::MigrationStatus& status) {
    status.current_version = database.current_version;
    status.applied_count = database.applied_count;
    status.pending_count = database.pending_count;
    status.pending = database.pending;
    status.missing_count = database.missing_count;
    // An empty history may still be moved; only one that holds something is remembered.
    if (database.applied_count > 0) status.history_table = database.history_table;
    status.history.clear();
    status.last_applied_time.reset();
    for (const auto& entry : database.newest) {
        const auto applied_at = whole_seconds(entry.applied_at);
        status.history.push_back({entry.version, entry.name, entry.checksum, applied_at, entry.duration});
        status.last_applied_time = std::max(status.last_applied_time.value_or(applied_at), applied_at);
    }
}

api::ErrorDetails details_of(const Failure& failure) {
    return {failure.sqlstate, failure.message, failure.version,  failure.file,
            failure.line,     failure.column,  failure.statement};
}

/// One run's way into the status.
class RunEnding {
  public:
    RunEnding(const ObservedState& observed, RunEnd end)
        : observed_(observed), end_(end), draft_(observed, end.at), failures_before_(draft_.status().failures) {}

    NextStatus after(const SecretNotFound& missing) {
        const auto message = describe_missing_secret(missing);
        api::ErrorDetails error;
        error.message = message;
        return retry(api::reason::secret_not_found, message, error, Retry::Slowly);
    }

    NextStatus after(const ExecutionFailure& failure) {
        api::ErrorDetails error;
        error.message = failure.message;
        if (failure.pace == Retry::Never) return stall(failure.reason, failure.message, error);
        return retry(failure.reason, failure.message, error, failure.pace);
    }

    NextStatus after(const RunReport& report) {
        const bool moved = report.failure && report.failure->kind == FailureKind::HistoryMoved;
        if (report.database && !moved) take_over(*report.database, draft_.status());
        if (!report.failure) return succeed(report);
        const auto& failure = *report.failure;
        if (failure.kind == FailureKind::Interrupted) return interrupt();
        const auto pace = retry_pace(failure.kind);
        if (pace == Retry::Never) return stall(to_string(failure.kind), describe_failure(failure), details_of(failure));
        return retry(to_string(failure.kind), describe_failure(failure), details_of(failure), pace);
    }

  private:
    NextStatus done() { return {std::move(draft_.status()), std::nullopt}; }

    /// What the database says holds until it is looked at again.
    NextStatus until_next_look() {
        const auto& interval = observed_.migration.spec.interval;
        if (!interval) return done();
        return {std::move(draft_.status()), spread(*interval, end_.chance)};
    }

    NextStatus succeed(const RunReport& report) {
        auto& status = draft_.status();
        if (status.pending_count.value_or(0) > 0) return unfinished();
        if (source_is_empty() && status.applied_count.value_or(0) == 0) {
            const auto message =
                "the source holds no script; " +
                (report.warnings.empty() ? "add one named like 0001_customers.up.sql" : report.warnings.front());
            api::ErrorDetails error;
            error.message = message;
            return stall(api::reason::invalid_source, message, error);
        }
        status.failures = 0;
        status.last_error.reset();
        draft_.up_to_date(describe_success(report));
        return until_next_look();
    }

    /// The goal is said to be reached and scripts are pending: they were not there when the run was planned.
    NextStatus unfinished() {
        draft_.running(api::reason::migrating, "scripts are pending; another run follows");
        return {std::move(draft_.status()), observed_.migration.spec.retry.initial_delay};
    }

    /// We were asked to stop: what is known stays, and whoever runs next goes on at once.
    NextStatus interrupt() {
        if (observed_.migration.metadata.deletion_timestamp) {
            draft_.converging(api::reason::terminating, "the resource is being deleted, and its run was cancelled");
            return done();
        }
        if (observed_.migration.status.conditions.empty() || inputs_changed(observed_)) {
            draft_.running(api::reason::migrating, "the run was interrupted and will be taken up again");
        }
        return {std::move(draft_.status()), observed_.migration.spec.retry.initial_delay};
    }

    NextStatus retry(std::string_view reason, const std::string& message, const api::ErrorDetails& error, Retry pace) {
        auto& status = draft_.status();
        status.failures = failures_before_ + 1;
        status.last_error = error;
        draft_.converging(reason, message);
        const auto delay = retry_delay(observed_.migration.spec.retry, pace, status.failures, end_.chance);
        status.next_retry_time = whole_seconds(end_.at + delay);
        return {std::move(status), delay};
    }

    NextStatus stall(std::string_view reason, const std::string& message, const api::ErrorDetails& error) {
        auto& status = draft_.status();
        // A refusal that is found again at a restart is the same failure, not one more.
        const bool again = api::is_true(status.conditions, api::condition_type::stalled) &&
                           status.last_error == error && failures_before_ > 0;
        status.failures = again ? failures_before_ : failures_before_ + 1;
        status.last_error = error;
        draft_.stalled(reason, message);
        return until_next_look();
    }

    bool source_is_empty() const {
        const auto* found = std::get_if<SourceFound>(&observed_.source);
        return found != nullptr && found->scripts.scripts().empty();
    }

    const ObservedState& observed_;
    RunEnd end_;
    StatusDraft draft_;
    std::size_t failures_before_;
};

}  // namespace

NextStatus next_status(const ObservedState& observed, const Action& action) {
    const auto unchanged = [&](std::optional<milliseconds> delay) {
        return NextStatus{observed.migration.status, delay};
    };
    return std::visit(Overloaded{
                          [&](const Report& report) { return after_report(observed, report); },
                          [&](const Keep&) { return after_keep(observed); },
                          [&](const Wait& wait) {
                              const auto delay = std::chrono::ceil<milliseconds>(wait.until - observed.now);
                              return unchanged(std::max(delay, milliseconds(0)));
                          },
                          [&](const Nothing&) { return unchanged(std::nullopt); },
                          [&](const Run&) { return unchanged(std::nullopt); },
                          [&](const Follow&) { return unchanged(std::nullopt); },
                      },
                      action);
}

NextStatus status_after_run(const ObservedState& observed, const Outcome& outcome, RunEnd end) {
    return std::visit([&](const auto& what) { return RunEnding(observed, end).after(what); }, outcome);
}

std::optional<RunProgress> progress_before_run(const ObservedState& observed) {
    const auto& status = observed.migration.status;
    const bool tells_of_another_run = status.lock || status.running;
    if (!inputs_changed(observed) && !tells_of_another_run) return std::nullopt;
    return RunProgress{std::string(api::reason::migrating), "looking at the database"};
}

api::MigrationStatus status_of_run(const ObservedState& observed) {
    return std::move(StatusDraft(observed, observed.now).status());
}

api::MigrationStatus status_while_running(api::MigrationStatus status, const RunProgress& progress,
                                          system_clock::time_point now) {
    StatusDraft draft(std::move(status), now);
    draft.running(progress.reason, progress.message);
    draft.status().lock = progress.lock;
    draft.status().running = progress.running;
    return std::move(draft.status());
}

}  // namespace lockkeeper::reconcile
