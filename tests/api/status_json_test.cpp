#include "api/migration_json.hpp"
#include "api/status_from_json.hpp"
#include "api/status_to_json.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace lockkeeper::api;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr Timestamp noon{std::chrono::seconds(1'772'366'400)};  // 2026-03-01T12:00:00Z

MigrationStatus full_status() {
    MigrationStatus status;
    status.observed_generation = 3;
    status.conditions = {{"Ready", ConditionStatus::False, "ScriptFailed", "no such table", 3, noon},
                         {"Stalled", ConditionStatus::True, "ScriptFailed", "no such table", 3, noon}};
    status.current_version = "0002_orders";
    status.applied_count = 2;
    status.pending_count = 1;
    status.missing_count = 0;
    status.pending = {"0003_items"};
    status.history = {{"0002_orders", "orders", "sha256:ab", noon, 1500ms}};
    status.history_table = "public.lockkeeper_history";
    status.source_digest = "sha256:cd";
    status.failures = 4;
    status.next_retry_time = noon + 5s;
    status.last_error = ErrorDetails{"42P01", "no such table", "0003_items", "0003_items.up.sql", 12, 5, 3};
    status.last_applied_time = noon;
    status.last_handled_request = "2026-03-01";
    status.lock = AwaitedLock{INT64_MIN, DatabaseSession{4711, "psql", "10.0.0.1", "active", "ALTER TABLE", noon}};
    status.running = RunningScript{"0003_items",
                                   noon,
                                   2,
                                   3,
                                   IndexBuild{"building index", 40},
                                   {{4712, "report", "", "idle", "SELECT", noon + 1s}}};
    return status;
}

MigrationStatus read_back(const json& status) {
    return migration_from_json({{"metadata", {{"name", "shop"}, {"namespace", "shop"}}}, {"status", status}}).status;
}

}  // namespace

TEST_CASE("a status reads back what was written") {
    CHECK(read_back(status_to_json(full_status())) == full_status());
    CHECK(read_back(status_to_json({})) == MigrationStatus());
}

TEST_CASE("a status is written in the API's own forms") {
    const auto status = status_to_json(full_status());
    CHECK(status["nextRetryTime"] == "2026-03-01T12:00:05Z");
    CHECK(status["history"][0]["duration"] == "1s500ms");
    CHECK(status["history"][0]["direction"] == "up");
    CHECK(status["conditions"][0]["status"] == "False");
    CHECK(status["conditions"][0]["lastTransitionTime"] == "2026-03-01T12:00:00Z");
    CHECK(status["lastError"]["line"] == 12);
    CHECK(status["lock"]["holder"]["since"] == "2026-03-01T12:00:00Z");
    CHECK(status["running"]["indexBuild"] == json({{"phase", "building index"}, {"percent", 40}}));
    CHECK(status["running"]["waitingOn"][0]["queryStart"] == "2026-03-01T12:00:01Z");
}

TEST_CASE("what is not known is not written") {
    const auto status = status_to_json({});
    for (const auto* name :
         {"currentVersion", "appliedCount", "pendingCount", "missingCount", "historyTable", "sourceDigest",
          "nextRetryTime", "lastError", "lastAppliedTime", "lastHandledRequest", "lock", "running"}) {
        INFO(name);
        CHECK_FALSE(status.contains(name));
    }
    CHECK(status["observedGeneration"] == -1);
}

TEST_CASE("lists are cut to their bounds and counts are not") {
    MigrationStatus status;
    status.pending_count = 10'000;
    status.pending.assign(10'000, "0001_a");
    status.history.assign(10'000, {"0001_a", "a", "", noon, 0ms});
    const auto written = status_to_json(status);
    CHECK(written["pending"].size() == 20);
    CHECK(written["history"].size() == 10);
    CHECK(written["pendingCount"] == 10'000);
}

TEST_CASE("texts are cut to the limits of the CRD and are valid JSON, so that a status is never refused") {
    auto status = full_status();
    status.last_error->message = std::string(10'000, 'x') + "\xFF";
    status.last_error->sqlstate = "\xFF\xFE";
    status.conditions[0].message = std::string(40'000, 'y');
    status.current_version = std::string(5'000, 'z');
    const auto written = status_to_json(status);
    CHECK_NOTHROW(written.dump());
    CHECK(written["lastError"]["message"].get<std::string>().size() <= 4'096);
    CHECK(written["conditions"][0]["message"].get<std::string>().size() <= 32'768);
    CHECK(written["currentVersion"].get<std::string>().size() <= 1'024);
}

TEST_CASE("what cannot be read of a status counts as not there") {
    CHECK(read_back("nonsense") == MigrationStatus());
    const auto status = read_back(json::parse(R"({
        "observedGeneration": "three", "failures": -1, "pending": "all", "appliedCount": -5, "pendingCount": "x",
        "history": [{"name": "no version"}, 5, {"version": "0001_a", "duration": "long"}],
        "conditions": [{"type": "Ready"}, 5, {"type": "Stalled", "status": "Maybe"}],
        "nextRetryTime": "soon", "lastError": "bad"})"));
    CHECK(status.observed_generation == -1);
    CHECK(status.failures == 0);
    CHECK_FALSE(status.applied_count);
    CHECK(status.pending.empty());
    CHECK(status.conditions.empty());
    REQUIRE(status.history.size() == 1);
    CHECK(status.history[0].version == "0001_a");
    CHECK_FALSE(status.next_retry_time);
    CHECK_FALSE(status.last_error);
}

TEST_CASE("an apply holds the status and no more than the name of the resource") {
    Metadata metadata;
    metadata.ns = "shop";
    metadata.name = "orders";
    metadata.uid = "u-1";
    metadata.resource_version = "7";
    const auto body = status_apply_body(metadata, full_status());
    CHECK(body["apiVersion"] == "lockkeeper.dev/v1alpha1");
    CHECK(body["kind"] == "Migration");
    CHECK(body["metadata"] == json({{"name", "orders"}, {"namespace", "shop"}}));
    CHECK(body["status"] == status_to_json(full_status()));
    CHECK_FALSE(body.contains("spec"));
}

TEST_CASE("the last run that was a Job is written and read, and none where there was none") {
    MigrationStatus status;
    CHECK_FALSE(status_to_json(status).contains("run"));
    CHECK_FALSE(status_to_json(status).contains("job"));
    status.run = 7;
    status.inputs_fingerprint = "sha256:abc";
    status.source_revision = "example/app@sha256:def";
    status.job = JobReference{"shop-1f3a9c0d-7", Timestamp(std::chrono::seconds(1'700'000'000)), std::nullopt};
    auto object = status_to_json(status);
    CHECK_FALSE(object["job"].contains("finishedAt"));
    CHECK(status_from_json(Field(&object, "status")).job == status.job);
    status.job->finished_at = Timestamp(std::chrono::seconds(1'700'000'100));
    object = status_to_json(status);
    const auto read = status_from_json(Field(&object, "status"));
    CHECK(read == status);
    for (const auto* broken : {R"("x")", R"({"name": 3})", R"([])"}) {
        object["job"] = nlohmann::json::parse(broken);
        CHECK_FALSE(status_from_json(Field(&object, "status")).job);
    }
    object["run"] = -3;
    CHECK(status_from_json(Field(&object, "status")).run == 0);
}
