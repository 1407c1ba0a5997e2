// The status after a run that failed: by the kind of failure, and when it is tried again.
#include "reconcile/decide.hpp"
#include "reconcile/next_status.hpp"
#include "support/builders.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using namespace lockkeeper::reconcile;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using Catch::Contains;
using migration::FailureKind;

namespace {

const std::vector<std::string> versions{"0001_customers", "0002_orders"};

}  // namespace

TEST_CASE("a run that was cancelled because its resource is being deleted is not taken up again") {
    auto observed = new_shop();
    observed.migration.metadata.deletion_timestamp = std::chrono::floor<std::chrono::seconds>(observed.now);
    const auto next = end_with(observed, run_that_failed(FailureKind::Interrupted));
    CHECK(conditions_of(next.status) == "Ready=False/Terminating Reconciling=True/Terminating");
    CHECK_FALSE(next.requeue_after);
}

TEST_CASE("every kind of failure has its conditions") {
    const auto kind = GENERATE(from_range(all_failure_kinds));
    const auto name = std::string(to_string(kind));
    const auto next = end_with(ready_shop(), run_that_failed(kind));
    INFO(name);
    if (kind == FailureKind::Interrupted) {
        CHECK(conditions_of(next.status) == "Ready=True/UpToDate");
    } else if (retry_of(kind) == migration::Retry::Never && kind != FailureKind::InvalidConnection) {
        CHECK(conditions_of(next.status) == "Ready=False/" + name + " Stalled=True/" + name);
        CHECK_FALSE(next.requeue_after);
        CHECK_FALSE(next.status.next_retry_time);
        CHECK(next.status.failures == 1);
    } else {
        CHECK(conditions_of(next.status) == "Ready=False/" + name + " Reconciling=True/" + name);
        const auto delay = retry_of(kind) == migration::Retry::Soon ? 5s : 15s;
        CHECK(next.requeue_after == delay);
        CHECK(next.status.next_retry_time == noon() + delay);
        CHECK(next.status.failures == 1);
    }
}

TEST_CASE("a failed script is shown with its place, its SQLSTATE and its hint") {
    auto report = run_that_failed(FailureKind::ScriptFailed, "column \"nam\" does not exist");
    report.failure->sqlstate = "42703";
    report.failure->hint = "Perhaps you meant \"name\".";
    report.failure->version = "0002_orders";
    report.failure->file = "0002_orders.up.sql";
    report.failure->line = 12;
    report.failure->column = 5;
    report.failure->statement = 3;
    report.database = database_with({"0001_customers"}, versions);
    const auto status = end_with(new_shop(), report).status;
    CHECK(ready_message(status) ==
          "0002_orders.up.sql:12:5: column \"nam\" does not exist (SQLSTATE 42703; hint: Perhaps you meant \"name\".)");
    CHECK(status.last_error ==
          api::ErrorDetails{"42703", "column \"nam\" does not exist", "0002_orders", "0002_orders.up.sql", 12, 5, 3});
    CHECK(status.applied_count == 1);
    CHECK(status.pending == std::vector<std::string>{"0002_orders"});
}

TEST_CASE("what was known stays when the database cannot be asked") {
    const auto before = ready_shop().migration.status;
    const auto after = end_with(ready_shop(), run_that_failed(FailureKind::DatabaseUnreachable)).status;
    CHECK(after.current_version == before.current_version);
    CHECK(after.applied_count == before.applied_count);
    CHECK(after.history == before.history);
    CHECK(after.history_table == before.history_table);
    CHECK(after.last_applied_time == before.last_applied_time);
}

TEST_CASE("failures in a row are counted and wait longer and longer") {
    auto observed = new_shop();
    for (const auto delay : {5s, 10s, 20s}) {
        const auto next = end_with(observed, run_that_failed(FailureKind::DatabaseUnreachable));
        CHECK(next.requeue_after == delay);
        observed.migration.status = next.status;
    }
    CHECK(observed.migration.status.failures == 3);

    edit_spec(observed);  // perhaps this was the cure, so the next failure is the first one again
    CHECK(end_with(observed, run_that_failed(FailureKind::DatabaseUnreachable)).requeue_after == 5s);
}

TEST_CASE("a Secret that is not there is waited for") {
    const auto next = end_with(new_shop(), SecretNotFound{"shop-db", "uri", SecretNotFound::What::Secret});
    CHECK(conditions_of(next.status) == "Ready=False/SecretNotFound Reconciling=True/SecretNotFound");
    CHECK_THAT(ready_message(next.status), Contains("Secret 'shop-db'") && Contains("not in this namespace"));
    CHECK(next.requeue_after == 15s);

    const auto no_key = end_with(new_shop(), SecretNotFound{"shop-db", "uri", SecretNotFound::What::Key});
    CHECK_THAT(ready_message(no_key.status), Contains("has no key 'uri'"));
}

TEST_CASE("a moved history is remembered where it was, or the next run would apply everything again") {
    auto report = run_that_failed(FailureKind::HistoryMoved);
    report.database = database_with({}, versions);
    report.database->history_table = "public.other";
    const auto status = end_with(ready_shop(), report).status;
    CHECK(status.history_table == "public.lockkeeper_history");
    CHECK(status.applied_count == 2);
}

TEST_CASE("an empty history is not remembered, since it may still be moved") {
    auto report = run_that_failed(FailureKind::ScriptFailed);
    report.database = database_with({}, versions);
    CHECK_FALSE(end_with(new_shop(), report).status.history_table);
}

TEST_CASE("an interrupted run is taken up again without counting as a failure") {
    auto observed = new_shop();
    observed.migration.status = *status_before_run(observed);
    const auto next = end_with(observed, run_that_failed(FailureKind::Interrupted));
    CHECK(conditions_of(next.status) == "Ready=Unknown/Progressing Reconciling=True/Migrating");
    CHECK(next.status.failures == 0);
    CHECK_FALSE(next.status.next_retry_time);
    observed.migration.status = next.status;
    CHECK(decide(observed).rule == "run");
}

TEST_CASE("a refusal that is found again is not one more failure") {
    const auto report = run_that_failed(FailureKind::ChecksumMismatch);
    const auto observed = after_run(ready_shop(), report);
    CHECK(end_with(observed, report).status == observed.migration.status);
}

TEST_CASE("what a person must put right in the database is looked at by the interval too, and stays Stalled") {
    auto observed = new_shop();
    observed.migration.spec.interval = 10min;
    const auto next = end_with(observed, run_that_failed(FailureKind::ChecksumMismatch));
    CHECK(next.requeue_after == 9min);
    CHECK(conditions_of(next.status) == "Ready=False/ChecksumMismatch Stalled=True/ChecksumMismatch");
    CHECK_FALSE(next.status.next_retry_time);
}
