#include "reconcile/state_change.hpp"

#include "support/builders.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using namespace lockkeeper::reconcile;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using migration::FailureKind;

namespace {

/// `Warning ScriptFailed`, or `nothing`.
std::string change(const api::MigrationStatus& before, const api::MigrationStatus& after) {
    const auto change = state_change(before, after);
    if (!change) return "nothing";
    return (change->weight == StateChange::Weight::Normal ? "Normal " : "Warning ") + change->reason;
}

api::MigrationStatus failed(FailureKind kind, const std::string& message = "it went wrong") {
    return after_run(new_shop(), run_that_failed(kind, message)).migration.status;
}

api::MigrationStatus while_running(const RunProgress& progress) {
    return status_while_running(status_of_run(new_shop()), progress, noon());
}

const RunProgress looking{"Migrating", "looking at the database"};
const RunProgress waiting{"WaitingForLock", "waiting", api::AwaitedLock{1, std::nullopt}};
const RunProgress running{"Migrating", "running 0001", std::nullopt, api::RunningScript{"0001", {}, 0, 0, {}, {}}};

}  // namespace

TEST_CASE("what a Migration comes to is told once") {
    const auto ready = ready_shop().migration.status;
    CHECK(change({}, ready) == "Normal UpToDate");
    CHECK(change(ready, ready) == "nothing");
    CHECK(change(ready, failed(FailureKind::DatabaseUnreachable)) == "Warning DatabaseUnreachable");
    CHECK(change(failed(FailureKind::DatabaseUnreachable), ready) == "Normal UpToDate");
    CHECK(change(failed(FailureKind::DatabaseUnreachable), failed(FailureKind::DatabaseUnreachable, "again")) ==
          "nothing");
    CHECK(state_change({}, ready)->message == "2 scripts are applied, the newest is 0002_orders");
}

TEST_CASE("a run is told of where it waits for the lock or takes long") {
    CHECK(change({}, while_running(looking)) == "nothing");
    CHECK(change(while_running(looking), while_running(waiting)) == "Normal WaitingForLock");
    CHECK(change(while_running(waiting), while_running(running)) == "Normal Migrating");
    CHECK(change(while_running(running), while_running(running)) == "nothing");
}

TEST_CASE("a failure for the same reason is told again when there was an attempt at other inputs between") {
    CHECK(change(while_running(looking), failed(FailureKind::ScriptFailed)) == "Warning ScriptFailed");
}
