#pragma once

#include "api/migration.hpp"
#include "migration/run_report.hpp"
#include "migration/script_set.hpp"
#include "reconcile/next_status.hpp"
#include "reconcile/observed_state.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace lockkeeper::tests {

/// 2026-03-01T12:00:00Z, when most tests begin.
std::chrono::system_clock::time_point noon();

/// The Migration `shop/shop` of generation 1 with ConfigMap `shop-migrations`, as it is before the controller has seen
/// it.
api::Migration new_migration();

/// A set with an up script for each version.
migration::ScriptSet scripts_of(const std::vector<std::string>& versions);

/// `new_migration()` at noon, with scripts 0001_customers and 0002_orders in its source.
reconcile::ObservedState new_shop();

/// What a database says that has `applied` of `source`, newest last: one script a minute, from noon on.
migration::DatabaseState database_with(const std::vector<std::string>& applied, const std::vector<std::string>& source);

/// A run that reached its goal, and one that did not.
migration::RunReport run_that_succeeded(migration::DatabaseState database);
migration::RunReport run_that_failed(migration::FailureKind kind, const std::string& message = "it went wrong");

/// The shop after a run: with the status that the run led to, at the time when it ended.
reconcile::ObservedState after_run(reconcile::ObservedState observed, const reconcile::Outcome& outcome);

/// What a run that ends at once led to, where a retry has to wait for the whole of its delay.
reconcile::NextStatus end_with(const reconcile::ObservedState& observed, const reconcile::Outcome& outcome);

/// What is written before a run, if anything is.
std::optional<api::MigrationStatus> status_before_run(const reconcile::ObservedState& observed);

/// The shop with both of its scripts applied.
reconcile::ObservedState ready_shop();

/// A new generation of the spec.
void edit_spec(reconcile::ObservedState& observed);

/// `Ready=False/ScriptFailed Stalled=True/ScriptFailed`: what a status says, for assertions.
std::string conditions_of(const api::MigrationStatus& status);
/// The message of Ready.
std::string ready_message(const api::MigrationStatus& status);

inline constexpr std::array all_failure_kinds{
    migration::FailureKind::WaitingForLock,
    migration::FailureKind::WaitingForTableLock,
    migration::FailureKind::DatabaseUnreachable,
    migration::FailureKind::TransactionConflict,
    migration::FailureKind::Interrupted,
    migration::FailureKind::AccessDenied,
    migration::FailureKind::DatabaseNotFound,
    migration::FailureKind::DatabaseReadOnly,
    migration::FailureKind::InvalidConnection,
    migration::FailureKind::InvalidSource,
    migration::FailureKind::ChecksumMismatch,
    migration::FailureKind::OutOfOrder,
    migration::FailureKind::MissingScripts,
    migration::FailureKind::RollbackForbidden,
    migration::FailureKind::MissingDownScript,
    migration::FailureKind::ScriptFailed,
    migration::FailureKind::LockLost,
    migration::FailureKind::PoolerDetected,
    migration::FailureKind::HistoryMoved,
    migration::FailureKind::HistoryUnusable,
    migration::FailureKind::AdoptionRefused,
    migration::FailureKind::StatementInDoubt,
};

}  // namespace lockkeeper::tests
