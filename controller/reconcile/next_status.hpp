#pragma once

#include "api/migration_status.hpp"
#include "migration/run_report.hpp"
#include "reconcile/action.hpp"
#include "reconcile/observed_state.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace lockkeeper::reconcile {

/// The Secret of the database's URL is not there, or has no such key. A run that came to nothing.
struct SecretNotFound {
    std::string secret;
    std::string key;
    enum class What { Secret, Key };
    What missing = What::Secret;
};

/// A run came to nothing by what executed it, and not by the database: its pod was evicted, its time was over.
struct ExecutionFailure {
    std::string reason;
    std::string message;
    migration::Retry pace = migration::Retry::Soon;
};

/// What became of a Run. A URL that is not accepted is a RunReport with FailureKind::InvalidConnection.
using Outcome = std::variant<migration::RunReport, SecretNotFound, ExecutionFailure>;

/// The complete status to apply, and when to look again without being woken; no delay: only an event wakes.
struct NextStatus {
    api::MigrationStatus status;
    std::optional<std::chrono::milliseconds> requeue_after;
};

/// The status after an action that is not a Run. Nothing, Wait and Run leave it as it is.
NextStatus next_status(const ObservedState& observed, const Action& action);

/// When a run ended, and a random number in [0, 1) for the jitter of the next try.
struct RunEnd {
    std::chrono::system_clock::time_point at;
    double chance = 0;
};

/// The status after a run. `observed` is what decide saw, but for its `migration.status`, which is to be the status
/// that was applied last: conditions tell since when they hold.
///
/// What the database did not say stays as it was. After HistoryMoved all of it stays, because the moved history would
/// otherwise be the known one at the next run, and that run would apply everything again.
NextStatus status_after_run(const ObservedState& observed, const Outcome& outcome, RunEnd end);

/// What a run is doing, for the status meanwhile.
struct RunProgress {
    std::string reason;  ///< api::reason::migrating or waiting_for_lock
    std::string message;
    std::optional<api::AwaitedLock> lock{};
    std::optional<api::RunningScript> running{};
};

/// What to say before a run begins, if anything: that the database is looked at, where the resource is new or an input
/// has changed, or where the status still tells of a run whose controller has died. A retry, or a look at what was
/// Ready, says nothing until it knows more.
std::optional<RunProgress> progress_before_run(const ObservedState& observed);

/// The status that a run begins with, before anything is told of it: of this generation and source, and with no retry
/// scheduled.
api::MigrationStatus status_of_run(const ObservedState& observed);

/// The status while a run is under way: Ready=Unknown/Progressing and Reconciling=True for the progress's reason.
/// `status` is status_of_run or what this made of it before.
api::MigrationStatus status_while_running(api::MigrationStatus status, const RunProgress& progress,
                                          std::chrono::system_clock::time_point now);

}  // namespace lockkeeper::reconcile
