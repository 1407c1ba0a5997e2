#include "app/migration_metrics.hpp"

#include "api/migration_json.hpp"
#include "app/process_metrics.hpp"
#include "app/run_metrics.hpp"
#include "support/builders.hpp"

#include <catch2/catch.hpp>
#include <prometheus/text_serializer.h>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

json migration_object(const std::string& ns, const std::string& name, json status) {
    return {{"metadata", {{"namespace", ns}, {"name", name}, {"resourceVersion", "1"}, {"uid", name}}},
            {"spec",
             {{"database", {{"urlFrom", {{"secretKeyRef", {{"name", "db"}}}}}}},
              {"source", {{"inline", {{"1_a.sql", "SELECT 1"}}}}}}},
            {"status", std::move(status)}};
}

json ready(const std::string& status, const std::string& reason, int applied, int pending) {
    return {{"conditions", json::array({{{"type", "Ready"},
                                         {"status", status},
                                         {"reason", reason},
                                         {"message", ""},
                                         {"lastTransitionTime", "2026-01-01T00:00:00Z"}}})},
            {"appliedCount", applied},
            {"pendingCount", pending},
            {"missingCount", 0}};
}

std::string text_of(const prometheus::Collectable& metrics) {
    return prometheus::TextSerializer().Serialize(metrics.Collect());
}

}  // namespace

TEST_CASE("Migrations are counted by their Ready condition, and named where they are not Ready") {
    MigrationMetrics::Cache cache(
        api::migration_from_json, [](const auto&, const auto&, const auto&) {}, kube::no_log());
    const MigrationMetrics metrics(cache);
    cache.list_begins();
    cache.listed(migration_object("shop", "a", ready("True", "UpToDate", 3, 0)));
    cache.listed(migration_object("shop", "b", ready("True", "UpToDate", 2, 0)));
    cache.listed(migration_object("till", "c", ready("False", "ScriptFailed", 1, 2)));
    cache.listed(migration_object("till", "d", json::object()));
    cache.list_ends();
    const auto text = text_of(metrics);
    CHECK_THAT(text, Contains(R"(lockkeeper_migrations{ready="True",reason="UpToDate"} 2)"));
    CHECK_THAT(text, Contains(R"(lockkeeper_migrations{ready="False",reason="ScriptFailed"} 1)"));
    CHECK_THAT(text, Contains(R"(lockkeeper_migrations{ready="Unknown",reason="Pending"} 1)"));
    CHECK_THAT(text, Contains(R"(lockkeeper_scripts_applied{namespace="shop"} 5)"));
    CHECK_THAT(text, Contains(R"(lockkeeper_scripts_pending{namespace="till"} 2)"));
    CHECK_THAT(text, Contains(R"(lockkeeper_scripts_missing{namespace="till"} 0)"));
    CHECK_THAT(text, Contains(R"(lockkeeper_migration_not_ready{namespace="till",name="c",reason="ScriptFailed"} 1)"));
    CHECK_THAT(text, !Contains(R"(name="a")"));
}

TEST_CASE("however many Migrations are not Ready, their names do not grow without bounds") {
    MigrationMetrics::Cache cache(
        api::migration_from_json, [](const auto&, const auto&, const auto&) {}, kube::no_log());
    cache.list_begins();
    for (int number = 0; number < 1'100; ++number) {
        cache.listed(migration_object("shop", "m" + std::to_string(number), json::object()));
    }
    cache.list_ends();
    for (const auto& family : MigrationMetrics(cache).Collect()) CHECK(family.metric.size() <= 1'000);
    CHECK_THAT(text_of(MigrationMetrics(cache)), Contains(R"(reason="Pending"} 1100)"));
}

TEST_CASE("runs are counted by result, and their failures by reason and class of SQLSTATE") {
    RunMetrics metrics;
    CHECK_THAT(text_of(metrics), Contains(R"(lockkeeper_runs_total{result="failure"} 0)") &&
                                     Contains(R"(lockkeeper_scripts_total{direction="up"} 0)"));
    auto good = run_that_succeeded(database_with({"1"}, {"1"}));
    good.ran = {{"1", migration::Direction::Up, 5ms}};
    metrics.ended(good, 2s);
    auto bad = run_that_failed(migration::FailureKind::ScriptFailed);
    bad.failure->sqlstate = "42P01";
    metrics.ended(bad, 1s);
    metrics.ended(reconcile::SecretNotFound{}, 0s);
    metrics.waited_for_lock(3s);
    const auto text = text_of(metrics);
    CHECK_THAT(text, Contains(R"(lockkeeper_runs_total{result="success"} 1)"));
    CHECK_THAT(text, Contains(R"(lockkeeper_runs_total{result="failure"} 2)"));
    CHECK_THAT(text, Contains(R"(lockkeeper_run_failures_total{reason="ScriptFailed",sqlstate_class="42"} 1)"));
    CHECK_THAT(text, Contains(R"(lockkeeper_run_failures_total{reason="SecretNotFound",sqlstate_class=""} 1)"));
    CHECK_THAT(text, Contains(R"(lockkeeper_scripts_total{direction="up"} 1)"));
    CHECK_THAT(text, Contains("lockkeeper_run_duration_seconds_sum 3"));
    CHECK_THAT(text, Contains("lockkeeper_lock_wait_seconds_sum 3"));
}

TEST_CASE("a process shows what it uses") {
    for (const auto& family : ProcessMetrics().Collect()) {
        INFO(family.name);
        REQUIRE(family.metric.size() == 1);
        const auto& metric = family.metric.front();
        const bool is_counter = family.type == prometheus::MetricType::Counter;
        CHECK((is_counter ? metric.counter.value : metric.gauge.value) >= (is_counter ? 0 : 1));
    }
}
