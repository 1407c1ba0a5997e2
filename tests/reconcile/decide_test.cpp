#include "reconcile/decide.hpp"

#include "api/reasons.hpp"
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

std::string rule_for(const ObservedState& observed) {
    return std::string(decide(observed).rule);
}

Report report_for(const ObservedState& observed) {
    return std::get<Report>(decide(observed).action);
}

ObservedState failed_shop(FailureKind kind) {
    return after_run(new_shop(), run_that_failed(kind));
}

}  // namespace

TEST_CASE("a new migration runs, up to the newest script and never down") {
    const auto decision = decide(new_shop());
    CHECK(decision.rule == "run");
    const auto& goal = std::get<Run>(decision.action).goal;
    CHECK_FALSE(goal.target);
    CHECK(goal.rollback == migration::Rollback::Forbid);
}

TEST_CASE("a target version is the goal of the run") {
    auto observed = new_shop();
    observed.migration.spec.target_version = "0001_customers";
    CHECK(std::get<Run>(decide(observed).action).goal.target == "0001_customers");
}

TEST_CASE("a migration that is up to date looks at the database, which someone may have restored") {
    CHECK(rule_for(ready_shop()) == "run");
}

TEST_CASE("a migration that is being deleted is left alone, whatever else is true of it") {
    auto observed = new_shop();
    observed.migration.metadata.deletion_timestamp = api::Timestamp(1s);
    observed.migration.invalid_spec = api::InvalidSpec{"spec.source: write a source"};
    observed.source = SourceNotFound{{"shop-migrations"}};
    CHECK(std::holds_alternative<Nothing>(decide(observed).action));
}

TEST_CASE("a spec that cannot be read is reported before what it would have asked for") {
    auto observed = new_shop();
    observed.migration.invalid_spec = api::InvalidSpec{"spec.source: write a source"};
    observed.migration.spec.suspend = true;
    const auto report = report_for(observed);
    CHECK(report.outlook == Outlook::NeedsAPerson);
    CHECK(report.reason == "InvalidSpec");
    CHECK(report.message == "spec.source: write a source");
}

TEST_CASE("suspended, nothing runs, even with a source that could not run") {
    auto observed = new_shop();
    observed.migration.spec.suspend = true;
    observed.source = GENERATE(as<ObservedSource>(), SourceFound{scripts_of({"0001_a"})}, SourceNotFound{{"a"}},
                               SourceInvalid{"bad", "0001_a.sql", 0, 0});
    CHECK(report_for(observed).outlook == Outlook::Suspended);
    CHECK(report_for(observed).reason == "Suspended");
}

TEST_CASE("suspended with every script applied, Ready stays as it is") {
    auto observed = ready_shop();
    observed.migration.spec.suspend = true;
    edit_spec(observed);
    CHECK(rule_for(observed) == "suspended with every script applied");

    SECTION("also with more in the database than in the source") {
        observed.source = SourceFound{scripts_of({"0001_customers"})};
        observed.migration.spec.suspend = false;
        observed = after_run(observed, run_that_succeeded(database_with(versions, {"0001_customers"})));
        observed.migration.spec.suspend = true;
        CHECK(rule_for(observed) == "suspended with every script applied");
    }
    SECTION("also at the target that the database ended at") {
        observed.migration.spec.target_version = GENERATE(as<std::string>(), "0002_orders", "0002", "2");
        CHECK(rule_for(observed) == "suspended with every script applied");
    }
}

TEST_CASE("suspended at a target below the newest script, nothing is pending") {
    auto observed = new_shop();
    observed.migration.spec.target_version = "1";
    observed = after_run(observed, run_that_succeeded(database_with({"0001_customers"}, {"0001_customers"})));
    observed.migration.spec.suspend = true;
    CHECK(rule_for(observed) == "suspended with every script applied");
}

TEST_CASE("suspended with every script applied, repeatable ones count too") {
    const std::vector<std::string> all{"1", "2", "R__views"};
    auto observed = new_shop();
    observed.source = SourceFound{migration::ScriptSet::read(
        {{"V1__a.sql", "SELECT 1"}, {"V2__b.sql", "SELECT 2"}, {"R__views.sql", "SELECT 3"}})};
    auto database = database_with(all, all);
    database.current_version = "2";
    observed = after_run(observed, run_that_succeeded(database));
    observed.migration.spec.suspend = true;
    CHECK(rule_for(observed) == "suspended with every script applied");
    observed.migration.spec.target_version = "2";
    CHECK(rule_for(observed) == "suspended with every script applied");
}

TEST_CASE("baseline and policies are those of the spec") {
    auto observed = new_shop();
    const auto goal = [&] { return std::get<Run>(decide(observed).action).goal; };
    CHECK_FALSE(goal().baseline);
    CHECK_FALSE(goal().adopt);
    CHECK(goal().policy.out_of_order == migration::OutOfOrder::Forbid);
    CHECK(goal().policy.checksum_mismatch == migration::Severity::Fail);
    CHECK(goal().policy.missing_scripts == migration::Severity::Warn);
    observed.migration.spec.baseline = "0001_customers";
    observed.migration.spec.policy = {true, api::Severity::Warn, api::Severity::Fail};
    CHECK(goal().baseline == "0001_customers");
    observed.migration.spec.adopt = api::AdoptSpec{"Goose", "legacy.versions"};
    REQUIRE(goal().adopt);
    CHECK(goal().adopt->from == migration::Tool::Goose);
    CHECK(goal().adopt->table == "legacy.versions");
    CHECK(goal().policy.out_of_order == migration::OutOfOrder::Allow);
    CHECK(goal().policy.checksum_mismatch == migration::Severity::Warn);
    CHECK(goal().policy.missing_scripts == migration::Severity::Fail);
}

TEST_CASE("suspended with something pending, or perhaps pending, Ready does not stay True") {
    auto observed = ready_shop();
    observed.migration.spec.suspend = true;
    SECTION("the source has changed") {
        observed.source = SourceFound{scripts_of({"0001_customers", "0003_new"})};
    }
    SECTION("the source is gone") {
        observed.source = SourceNotFound{{"shop-migrations"}};
    }
    SECTION("the target is another one") {
        observed.migration.spec.target_version = "0001_customers";
    }
    SECTION("the target was below the newest script and is taken away") {
        observed.migration.spec.suspend = false;
        observed.migration.spec.target_version = "0001_customers";
        auto database = database_with({"0001_customers"}, {"0001_customers"});
        observed = after_run(observed, run_that_succeeded(database));
        REQUIRE(conditions_of(observed.migration.status) == "Ready=True/UpToDate");
        observed.migration.spec.target_version.reset();
        observed.migration.spec.suspend = true;
    }
    SECTION("the last run failed") {
        observed = after_run(observed, run_that_failed(FailureKind::DatabaseUnreachable));
    }
    CHECK(rule_for(observed) == "suspended");
}

TEST_CASE("a ConfigMap that is not there is waited for, by name") {
    auto observed = new_shop();
    observed.source = SourceNotFound{{"shop-migrations"}};
    CHECK(report_for(observed).outlook == Outlook::HealsByItself);
    CHECK(report_for(observed).reason == "SourceNotFound");
    CHECK(report_for(observed).message == "waiting for ConfigMap 'shop-migrations', which is not in this namespace");

    observed.source = SourceNotFound{{"a", "b"}};
    CHECK(report_for(observed).message == "waiting for ConfigMaps 'a', 'b', which are not in this namespace");
}

TEST_CASE("a source that is no script set is reported with its place") {
    auto observed = new_shop();
    observed.source = SourceInvalid{"'b.sql' and 'a.sql' are the same script", "b.sql", 3, 7};
    const auto report = report_for(observed);
    CHECK(report.outlook == Outlook::NeedsAPerson);
    CHECK(report.reason == "InvalidSource");
    CHECK(report.error->file == "b.sql");
    CHECK(report.error->line == 3);
    CHECK(report.error->column == 7);
    observed.source = SourceInvalid{"goose has no such annotation", "b.sql", 3, 1};
    CHECK(report_for(observed).message == "b.sql:3:1: goose has no such annotation");
}

TEST_CASE("a script set with another digest than the expected one does not run") {
    auto observed = new_shop();
    const auto expected = "sha256:" + std::string(64, '0');
    observed.migration.spec.source.expected_digest = expected;
    const auto actual = std::get<SourceFound>(observed.source).scripts.digest();

    SECTION("ConfigMaps are waited for") {
        CHECK(report_for(observed).outlook == Outlook::HealsByItself);
        CHECK(report_for(observed).reason == "SourceDigestMismatch");
        CHECK_THAT(report_for(observed).message, Contains(actual) && Contains(expected));
    }
    SECTION("scripts in the same resource are a person's mistake") {
        observed.migration.spec.source.from = api::InlineSource{};
        CHECK(report_for(observed).outlook == Outlook::NeedsAPerson);
    }
    SECTION("the expected one runs") {
        observed.migration.spec.source.expected_digest = actual;
        CHECK(rule_for(observed) == "run");
    }
}

TEST_CASE("a script that failed is not run again by a restarted controller") {
    const auto kind = GENERATE(FailureKind::ScriptFailed, FailureKind::LockLost);
    CHECK(rule_for(failed_shop(kind)) == "failed for good");
}

TEST_CASE("a script that failed runs again once an input has changed") {
    auto observed = failed_shop(FailureKind::ScriptFailed);
    SECTION("the scripts") {
        observed.source = SourceFound{scripts_of({"0001_customers", "0002_orders", "0003_new"})};
    }
    SECTION("the spec") {
        edit_spec(observed);
    }
    CHECK(rule_for(observed) == "run");
}

TEST_CASE("a refusal that ran nothing is looked at anew, since the database may have been put right") {
    for (const auto kind : all_failure_kinds) {
        if (retry_of(kind) != migration::Retry::Never) continue;
        if (kind == FailureKind::ScriptFailed || kind == FailureKind::LockLost) continue;
        if (kind == FailureKind::InvalidConnection) continue;  // that one is retried
        INFO(to_string(kind));
        CHECK(rule_for(failed_shop(kind)) == "run");
    }
}

TEST_CASE("a retry waits until it is due") {
    auto observed = failed_shop(FailureKind::DatabaseUnreachable);
    const auto due = observed.migration.status.next_retry_time;
    REQUIRE(due);
    CHECK(std::get<Wait>(decide(observed).action).until == *due);
    observed.now = *due;
    CHECK(rule_for(observed) == "run");
}

TEST_CASE("a retry does not wait for its time when an input has changed") {
    auto observed = failed_shop(FailureKind::DatabaseUnreachable);
    SECTION("the scripts") {
        observed.source = SourceFound{scripts_of({"0001_customers"})};
    }
    SECTION("the spec") {
        edit_spec(observed);
    }
    CHECK(rule_for(observed) == "run");
}

TEST_CASE("a retry time further off than any delay is not believed") {
    auto observed = failed_shop(FailureKind::DatabaseUnreachable);
    observed.now -= 1h;  // the clock that wrote it was ahead
    CHECK(rule_for(observed) == "run");
}

TEST_CASE("a request runs what failed for good, and does not wait for a retry") {
    for (const auto kind : {migration::FailureKind::ScriptFailed, migration::FailureKind::DatabaseUnreachable}) {
        auto observed = after_run(new_shop(), run_that_failed(kind));
        REQUIRE_FALSE(std::holds_alternative<Run>(decide(observed).action));
        observed.migration.metadata.requested_at = "1";
        CHECK(std::holds_alternative<Run>(decide(observed).action));
        observed = after_run(observed, run_that_failed(kind));
        CHECK_FALSE(std::holds_alternative<Run>(decide(observed).action));
        observed.migration.metadata.requested_at = "2";
        CHECK(std::holds_alternative<Run>(decide(observed).action));
    }
}

TEST_CASE("a request waits while the Migration is suspended, and is not answered") {
    auto observed = ready_shop();
    observed.migration.spec.suspend = true;
    observed.migration.metadata.requested_at = "1";
    const auto decision = decide(observed);
    CHECK(decision.rule == "suspended with every script applied");
    CHECK(next_status(observed, decision.action).status.last_handled_request.empty());
}

TEST_CASE("a script that failed for good keeps saying so, whatever it depends on comes to") {
    auto observed = after_run(new_shop(), run_that_failed(migration::FailureKind::ScriptFailed));
    observed.dependencies.unready = {{"orders", "is not there"}};
    CHECK(decide(observed).rule == "failed for good");
    observed.dependencies.cycle = {"shop", "shop"};
    CHECK(decide(observed).rule == "failed for good");
}
