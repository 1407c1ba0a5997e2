// The status before a run and while it is under way.
#include "reconcile/next_status.hpp"
#include "support/builders.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using namespace lockkeeper::reconcile;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using migration::FailureKind;

namespace {

const std::vector<std::string> versions{"0001_customers", "0002_orders"};

api::Timestamp noon_seconds() {
    return std::chrono::floor<std::chrono::seconds>(noon());
}

}  // namespace

TEST_CASE("a new migration is Unknown and Reconciling before its first run") {
    const auto status = status_before_run(new_shop());
    REQUIRE(status);
    CHECK(conditions_of(*status) == "Ready=Unknown/Progressing Reconciling=True/Migrating");
    CHECK(status->observed_generation == 1);
    CHECK_FALSE(status->applied_count);
}

TEST_CASE("a migration whose input changed is Unknown before its run, so that nobody takes it for finished") {
    auto observed = ready_shop();
    SECTION("the scripts") {
        observed.source = SourceFound{scripts_of({"0001_customers", "0003_new"})};
    }
    SECTION("the spec") {
        edit_spec(observed);
    }
    const auto status = status_before_run(observed);
    REQUIRE(status);
    CHECK(conditions_of(*status) == "Ready=Unknown/Progressing Reconciling=True/Migrating");
    CHECK(status->applied_count == 2);
}

TEST_CASE("a look at what was Ready, and a retry, change nothing before they know more") {
    CHECK_FALSE(status_before_run(ready_shop()));
    CHECK_FALSE(status_before_run(after_run(new_shop(), run_that_failed(FailureKind::DatabaseUnreachable))));
}

TEST_CASE("while a run is under way no retry is scheduled and nothing is stalled") {
    auto observed = after_run(new_shop(), run_that_failed(FailureKind::ScriptFailed));
    const RunProgress waiting{"WaitingForLock", "another runner holds the lock", api::AwaitedLock{42, std::nullopt}};
    const auto status = status_while_running(status_of_run(observed), waiting, noon() + 1min);
    CHECK(conditions_of(status) == "Ready=Unknown/Progressing Reconciling=True/WaitingForLock");
    CHECK(ready_message(status) == "another runner holds the lock");
    CHECK_FALSE(status.next_retry_time);
    CHECK(status.lock->key == 42);
}

TEST_CASE("what is true only during a run is gone with what is told next, and when the run ends") {
    auto observed = new_shop();
    const RunProgress waiting{"WaitingForLock", "waits", api::AwaitedLock{42, std::nullopt}};
    const RunProgress running{"Migrating", "runs", std::nullopt,
                              api::RunningScript{"0001_customers", noon_seconds(), 0, 0, {}, {}}};
    auto status = status_while_running(status_of_run(observed), waiting, noon());
    status = status_while_running(std::move(status), running, noon() + 1min);
    CHECK_FALSE(status.lock);
    CHECK(status.running->version == "0001_customers");
    CHECK(api::find_condition(status.conditions, "Ready")->last_transition_time == noon_seconds());
    observed.migration.status = status;
    CHECK_FALSE(end_with(observed, run_that_failed(FailureKind::WaitingForTableLock)).status.running);
    CHECK_FALSE(end_with(observed, run_that_succeeded(database_with(versions, versions))).status.running);
}

TEST_CASE("what a controller that died has left in the status of a run is taken away as the next run begins") {
    auto observed = ready_shop();
    observed.migration.status = status_while_running(status_of_run(observed),
                                                     {"Migrating", "runs", std::nullopt, api::RunningScript{}}, noon());
    REQUIRE(status_before_run(observed));
    CHECK_FALSE(status_before_run(observed)->running);
}
