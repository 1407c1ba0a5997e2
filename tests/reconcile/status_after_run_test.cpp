// The status after a run that came to its end: by what the database has then.
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

TEST_CASE(
    "a database that is well is looked at again after the interval, a little early so that not all come at once") {
    auto observed = new_shop();
    CHECK_FALSE(end_with(observed, run_that_succeeded(database_with(versions, versions))).requeue_after);
    observed.migration.spec.interval = 10min;
    CHECK(end_with(observed, run_that_succeeded(database_with(versions, versions))).requeue_after == 9min);
    const auto report = run_that_succeeded(database_with(versions, versions));
    CHECK(status_after_run(observed, report, {observed.now, 0.0}).requeue_after == 10min);
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
