#include "reconcile/next_status.hpp"

#include "reconcile/decide.hpp"
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
constexpr double no_luck = 1.0;

NextStatus end_with(const ObservedState& observed, const Outcome& outcome) {
    return status_after_run(observed, outcome, {observed.now, no_luck});
}

api::Timestamp noon_seconds() {
    return std::chrono::floor<std::chrono::seconds>(noon());
}

/// What is written before a run, if anything is.
std::optional<api::MigrationStatus> status_before_run(const ObservedState& observed) {
    const auto progress = progress_before_run(observed);
    if (!progress) return std::nullopt;
    return status_while_running(status_of_run(observed), *progress, observed.now);
}

std::string ready_message(const api::MigrationStatus& status) {
    return api::find_condition(status.conditions, "Ready")->message;
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

TEST_CASE("a run that was cancelled because its resource is being deleted is not taken up again") {
    auto observed = new_shop();
    observed.migration.metadata.deletion_timestamp = noon_seconds();
    const auto next = end_with(observed, run_that_failed(FailureKind::Interrupted));
    CHECK(conditions_of(next.status) == "Ready=False/Terminating Reconciling=True/Terminating");
    CHECK_FALSE(next.requeue_after);
}

TEST_CASE("a run that reached its goal is Ready, with all that the database said") {
    const auto next = end_with(new_shop(), run_that_succeeded(database_with(versions, versions)));
    const auto& status = next.status;
    CHECK(conditions_of(status) == "Ready=True/UpToDate");
    CHECK(ready_message(status) == "2 scripts are applied, the newest is 0002_orders");
    CHECK_FALSE(next.requeue_after);
    CHECK(status.observed_generation == 1);
    CHECK(status.current_version == "0002_orders");
    CHECK(status.applied_count == 2);
    CHECK(status.pending_count == 0);
    CHECK(status.missing_count == 0);
    CHECK(status.history_table == "public.lockkeeper_history");
    CHECK(status.source_digest == std::get<SourceFound>(new_shop().source).scripts.digest());
    REQUIRE(status.history.size() == 2);
    CHECK(status.history[0].version == "0002_orders");
    CHECK(status.history[0].duration == 12ms);
    CHECK(status.last_applied_time == noon() + 1min);
}

TEST_CASE("success takes away what failures left") {
    auto observed = after_run(new_shop(), run_that_failed(FailureKind::DatabaseUnreachable));
    REQUIRE(observed.migration.status.failures == 1);
    const auto status = end_with(observed, run_that_succeeded(database_with(versions, versions))).status;
    CHECK(conditions_of(status) == "Ready=True/UpToDate");
    CHECK(status.failures == 0);
    CHECK_FALSE(status.last_error);
    CHECK_FALSE(status.next_retry_time);
}

TEST_CASE("scripts that left the source are named, and nothing is wrong") {
    auto observed = ready_shop();
    SECTION("one of them") {
        observed.source = SourceFound{scripts_of({"0001_customers"})};
        const auto status = end_with(observed, run_that_succeeded(database_with(versions, {"0001_customers"}))).status;
        CHECK(conditions_of(status) == "Ready=True/UpToDate");
        CHECK(status.missing_count == 1);
        CHECK_THAT(ready_message(status), Contains("1 of them left the source and stays applied: 0002_orders"));
    }
    SECTION("all of them, because the ConfigMap was emptied") {
        observed.source = SourceFound{};
        const auto status = end_with(observed, run_that_succeeded(database_with(versions, {}))).status;
        CHECK(conditions_of(status) == "Ready=True/UpToDate");
        CHECK(status.missing_count == 2);
        CHECK(status.current_version == "0002_orders");
        CHECK_THAT(ready_message(status), Contains("all of them left the source") && Contains("0001_customers"));
    }
    SECTION("more than a line holds") {
        const std::vector<std::string> many{"0001_a", "0002_b", "0003_c", "0004_d", "0005_e"};
        const auto status = end_with(observed, run_that_succeeded(database_with(many, {}))).status;
        CHECK_THAT(ready_message(status), Contains("0001_a, 0002_b, 0003_c and 2 more"));
    }
}

TEST_CASE("a source without a script, and a database without one, is a mistake and not success") {
    auto observed = new_shop();
    observed.source = SourceFound{};
    auto report = run_that_succeeded(database_with({}, {}));
    CHECK(conditions_of(end_with(observed, report).status) == "Ready=False/InvalidSource Stalled=True/InvalidSource");
    CHECK_THAT(ready_message(end_with(observed, report).status), Contains("0001_customers.up.sql"));

    report.warnings = {"'init.sql' is not a script and was passed over"};
    CHECK_THAT(ready_message(end_with(observed, report).status), Contains("'init.sql' is not a script"));
}

TEST_CASE("a run that left scripts pending is not Ready, and another one follows") {
    const auto next = end_with(new_shop(), run_that_succeeded(database_with({"0001_customers"}, versions)));
    CHECK(conditions_of(next.status) == "Ready=Unknown/Progressing Reconciling=True/Migrating");
    CHECK(next.requeue_after == 5s);
}

TEST_CASE("files that were passed over are told of, also where all is well") {
    auto report = run_that_succeeded(database_with(versions, versions));
    report.warnings = {"'README.md' is not a script", "'x' is not a script"};
    CHECK_THAT(ready_message(end_with(new_shop(), report).status),
               Contains("'README.md' is not a script (and 1 more like it)"));
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

TEST_CASE(
    "a database that is well is looked at again after the interval, a little early so that not all come at once") {
    auto observed = new_shop();
    CHECK_FALSE(end_with(observed, run_that_succeeded(database_with(versions, versions))).requeue_after);
    observed.migration.spec.interval = 10min;
    CHECK(end_with(observed, run_that_succeeded(database_with(versions, versions))).requeue_after == 9min);
    const auto report = run_that_succeeded(database_with(versions, versions));
    CHECK(status_after_run(observed, report, {observed.now, 0.0}).requeue_after == 10min);
}

TEST_CASE("what a person must put right in the database is looked at by the interval too, and stays Stalled") {
    auto observed = new_shop();
    observed.migration.spec.interval = 10min;
    const auto next = end_with(observed, run_that_failed(FailureKind::ChecksumMismatch));
    CHECK(next.requeue_after == 9min);
    CHECK(conditions_of(next.status) == "Ready=False/ChecksumMismatch Stalled=True/ChecksumMismatch");
    CHECK_FALSE(next.status.next_retry_time);
}

TEST_CASE("a request is answered by what it leads to") {
    auto observed = ready_shop();
    observed.migration.metadata.requested_at = "now";
    CHECK(conditions_of(*status_before_run(observed)) == "Ready=Unknown/Progressing Reconciling=True/Migrating");
    CHECK(status_before_run(observed)->last_handled_request == "now");
    CHECK(end_with(observed, run_that_failed(FailureKind::DatabaseUnreachable)).status.last_handled_request == "now");
    const auto answered = after_run(observed, run_that_succeeded(database_with(versions, versions)));
    CHECK(answered.migration.status.last_handled_request == "now");
    CHECK_FALSE(inputs_changed(answered));
}

TEST_CASE("a request that is taken back is none, and the last one stays answered") {
    auto observed = ready_shop();
    observed.migration.metadata.requested_at = "now";
    observed = after_run(observed, run_that_succeeded(database_with(versions, versions)));
    observed.migration.metadata.requested_at.clear();
    CHECK_FALSE(inputs_changed(observed));
    CHECK(end_with(observed, run_that_succeeded(database_with(versions, versions))).status.last_handled_request ==
          "now");
}
