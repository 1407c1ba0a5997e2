#include "api/run_spec_json.hpp"

#include "api/spec_json.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::api;
using nlohmann::json;

TEST_CASE("a spec with defaults alone is written as nothing, so that a version with more fields writes the same") {
    CHECK(run_spec_to_json(MigrationSpec()) == json::object());
}

TEST_CASE("what a run depends on is written as the CRD has it and reads back") {
    const auto spec = json::parse(R"({
        "layout": "Flyway", "targetVersion": "3", "baseline": "1",
        "policy": {"outOfOrder": "Allow", "checksumMismatch": "Warn", "missingScripts": "Fail"},
        "history": {"schema": "app", "table": "migrations"},
        "lock": {"key": -4711, "acquireTimeout": "1m30s", "alsoHold": [1, 2]},
        "session": {"lockTimeout": "250ms", "statementTimeout": "1h", "role": "owner", "searchPath": ["app", "public"],
                    "parameters": {"work_mem": "64MB"}},
        "transaction": "Run"})");
    CHECK(run_spec_to_json(run_spec_from_json(Field(&spec, "spec"))) == spec);
    for (const std::string text : {R"({"adopt": {"from": "Goose", "table": "old.versions"}})",
                                   R"({"adopt": {"from": "Auto"}})", R"({"transaction": "None"})"}) {
        const auto other = json::parse(text);
        CHECK(run_spec_to_json(run_spec_from_json(Field(&other, "spec"))) == other);
    }
}

TEST_CASE("neither source, database, retries nor suspension belong to what a run depends on") {
    const auto whole = json::parse(R"({
        "database": {"urlFrom": {"secretKeyRef": {"name": "db"}}}, "source": {"inline": {"1_a.sql": "SELECT 1"}},
        "retry": {"initialDelay": "1s", "maxDelay": "2s"}, "suspend": true})");
    CHECK(run_spec_to_json(spec_from_json(Field(&whole, "spec"))) == json::object());
}
