#include "api/migration_json.hpp"

#include "api/status_to_json.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <stdexcept>

using namespace lockkeeper::api;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;

namespace {

json smallest() {
    return json::parse(R"({
        "metadata": {"name": "shop", "namespace": "shop", "uid": "u", "resourceVersion": "7", "generation": 3},
        "spec": {"database": {"urlFrom": {"secretKeyRef": {"name": "shop-db"}}},
                 "source": {"configMaps": [{"name": "shop-migrations"}]}}})");
}

std::string problem_of(const json& object) {
    const auto migration = migration_from_json(object);
    return migration.invalid_spec ? migration.invalid_spec->message : "none";
}

/// What is said of the smallest resource with one field changed.
std::string problem_with(const char* pointer, const json& value) {
    auto object = smallest();
    object[json::json_pointer(pointer)] = value;
    return problem_of(object);
}

}  // namespace

TEST_CASE("the smallest Migration has the defaults of the CRD") {
    const auto migration = migration_from_json(smallest());
    CHECK(migration.metadata.ns == "shop");
    CHECK(migration.metadata.generation == 3);
    CHECK(migration.metadata.resource_version == "7");
    CHECK_FALSE(migration.metadata.deletion_timestamp);
    CHECK_FALSE(migration.invalid_spec);

    const auto& spec = migration.spec;
    CHECK(spec.database_url.key == "uri");
    CHECK(std::get<ConfigMapSource>(spec.source.from).names == std::vector<std::string>{"shop-migrations"});
    CHECK(spec.history.schema == "public");
    CHECK(spec.history.table == "lockkeeper_history");
    CHECK(spec.lock.acquire_timeout == 10min);
    CHECK(spec.session.lock_timeout == 5s);
    CHECK(spec.session.statement_timeout == 0ms);
    CHECK(spec.retry.initial_delay == 5s);
    CHECK(spec.retry.max_delay == 5min);
    CHECK_FALSE(spec.suspend);
    CHECK_FALSE(spec.target_version);
    CHECK(spec.layout == "Auto");
    CHECK_FALSE(spec.baseline);
    CHECK_FALSE(spec.adopt);
    CHECK_FALSE(spec.policy.allow_out_of_order);
    CHECK(spec.policy.checksum_mismatch == Severity::Fail);
    CHECK(spec.policy.missing_scripts == Severity::Warn);
    CHECK(migration.status == MigrationStatus());
}

TEST_CASE("the history to adopt is read from a spec, and refused where it makes no sense") {
    const auto spec_with = [](const json& adopt, const json& more = json::object()) {
        auto object = smallest();
        object["spec"]["adopt"] = adopt;
        object["spec"].update(more);
        return migration_from_json(object);
    };
    const auto plain = spec_with(json::object());
    REQUIRE_FALSE(plain.invalid_spec);
    REQUIRE(plain.spec.adopt);
    CHECK(plain.spec.adopt->from == "Auto");
    CHECK_FALSE(plain.spec.adopt->table);
    const auto full = spec_with({{"from", "Goose"}, {"table", "legacy.versions"}});
    REQUIRE(full.spec.adopt);
    CHECK(full.spec.adopt->from == "Goose");
    CHECK(full.spec.adopt->table == "legacy.versions");
    CHECK(spec_with({{"from", "Rails"}}).invalid_spec);
    CHECK(spec_with({{"table", "a.b.c"}}).invalid_spec);
    CHECK(spec_with({{"table", std::string(64, 'x')}}).invalid_spec);
    CHECK(spec_with({{"from", "Goose"}}, {{"baseline", "1"}}).invalid_spec);
}

TEST_CASE("every field of a spec is read") {
    auto object = smallest();
    object["spec"] = json::parse(R"({
        "database": {"urlFrom": {"secretKeyRef": {"name": "db", "key": "url"}}},
        "source": {"inline": {"0001_a.up.sql": "SELECT 1"},
                   "expectedDigest": "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
        "layout": "Flyway",
        "targetVersion": "0001_a",
        "baseline": "0",
        "policy": {"outOfOrder": "Allow", "checksumMismatch": "Warn", "missingScripts": "Fail"},
        "history": {"schema": "app", "table": "runs"},
        "lock": {"key": -9223372036854775808, "acquireTimeout": "1m30s", "alsoHold": [42, 9223372036854775807]},
        "session": {"lockTimeout": "500ms", "statementTimeout": "1h", "role": "app", "searchPath": ["a", "b"],
                    "parameters": {"work_mem": "1MB"}},
        "transaction": "Run",
        "retry": {"initialDelay": "1s", "maxDelay": "2s"},
        "execution": {"mode": "InProcess"},
        "interval": "10m",
        "dependsOn": [{"name": "customers"}, {"name": "orders"}],
        "suspend": true})");
    const auto migration = migration_from_json(object);
    REQUIRE_FALSE(migration.invalid_spec);
    const auto& spec = migration.spec;
    CHECK(spec.database_url.key == "url");
    CHECK(std::get<InlineSource>(spec.source.from).files.at("0001_a.up.sql") == "SELECT 1");
    CHECK(spec.source.expected_digest->size() == 71);
    CHECK(spec.target_version == "0001_a");
    CHECK(spec.layout == "Flyway");
    CHECK(spec.baseline == "0");
    CHECK(spec.policy.allow_out_of_order);
    CHECK(spec.policy.checksum_mismatch == Severity::Warn);
    CHECK(spec.policy.missing_scripts == Severity::Fail);
    CHECK(spec.history.schema == "app");
    CHECK(spec.history.table == "runs");
    CHECK(spec.lock.acquire_timeout == 90s);
    CHECK(spec.session.lock_timeout == 500ms);
    CHECK(spec.lock.key == INT64_MIN);
    CHECK(spec.lock.also_hold == std::vector<std::int64_t>{42, INT64_MAX});
    CHECK(spec.session.statement_timeout == 1h);
    CHECK(spec.session.role == "app");
    CHECK(spec.session.search_path == std::vector<std::string>{"a", "b"});
    CHECK(spec.session.parameters == std::map<std::string, std::string>{{"work_mem", "1MB"}});
    CHECK(spec.transaction == TransactionScope::Run);
    CHECK(spec.retry.initial_delay == 1s);
    CHECK(spec.retry.max_delay == 2s);
    CHECK(spec.interval == 10min);
    CHECK(spec.depends_on == std::vector<std::string>{"customers", "orders"});
    CHECK(spec.suspend);
}

TEST_CASE("unknown fields, and fields that are null, are passed over") {
    auto object = smallest();
    object["spec"]["policy"] = {{"rollback", "Allow"}};
    object["spec"]["source"]["inline"] = nullptr;
    object["spec"]["retry"] = nullptr;
    object["status"]["plan"] = {{"digest", "x"}};
    CHECK(problem_of(object) == "none");
}

TEST_CASE("a stored spec that cannot be read names its field and what to write") {
    CHECK_THAT(problem_with("/spec/retry", {{"initialDelay", "soon"}}),
               Contains("spec.retry.initialDelay: 'soon'") && Contains("1m30s"));
    CHECK_THAT(problem_with("/spec/retry", {{"initialDelay", "10m"}}), Contains("spec.retry: write"));
    CHECK_THAT(problem_with("/spec/history", {{"table", "a.b.c"}}), Contains("spec.history.table: write a name"));
    CHECK_THAT(problem_with("/spec/history", {{"schema", ""}}), Contains("spec.history.schema: write a name"));
    CHECK_THAT(problem_with("/spec/history", {{"table", std::string(64, 'x')}}), Contains("63 bytes"));
    CHECK_THAT(problem_with("/spec/source", json::object()), Contains("exactly one of"));
    CHECK_THAT(problem_with("/spec/source/inline", {{"0001_a.sql", "SELECT 1"}}), Contains("exactly one of"));
    CHECK_THAT(problem_with("/spec/source/configMaps", "shop"), Contains("spec.source.configMaps: a list is expected"));
    CHECK_THAT(problem_with("/spec/source/configMaps", json::parse(R"([{"name": "a"}, {"name": "a"}])")),
               Contains("'a' is there twice"));
    CHECK_THAT(problem_with("/spec/source/configMaps", json::parse(R"([{"name": "a"}, {}])")),
               Contains("spec.source.configMaps[1].name: write a name"));
    CHECK_THAT(problem_with("/spec/source/expectedDigest", "abc"), Contains("sha256:"));
    CHECK_THAT(problem_with("/spec/database", json::object()), Contains("spec.database.urlFrom.secretKeyRef.name"));
    CHECK_THAT(problem_with("/spec/suspend", "yes"), Contains("spec.suspend: true or false is expected"));
    CHECK_THAT(problem_with("/spec/execution", {{"mode", "Pod"}}),
               Contains("spec.execution.mode: write Job or InProcess"));
    CHECK_THAT(problem_with("/spec/execution", {{"timeout", "soon"}}), Contains("spec.execution.timeout"));
    CHECK_THAT(problem_with("/spec/execution", {{"job", {{"labels", {{"a", 1}}}}}}),
               Contains("spec.execution.job.labels.a: a text is expected"));
    CHECK_THAT(problem_with("/spec/session", {{"lockTimeout", 5}}), Contains("spec.session.lockTimeout: a text"));
    CHECK_THAT(problem_with("/spec/interval", "9s"), Contains("spec.interval: write an interval of at least 10s"));
    CHECK_THAT(problem_with("/spec/dependsOn", json::parse(R"([{"name": "a"}, {}])")),
               Contains("spec.dependsOn[1].name: write a name"));
    CHECK_THAT(problem_with("/spec/layout", "flyway"), Contains("spec.layout: write one of: Auto, Paired"));
    CHECK_THAT(problem_with("/spec/policy", {{"outOfOrder", "Maybe"}}),
               Contains("spec.policy.outOfOrder: write one of: Forbid, Allow"));
    CHECK_THAT(problem_with("/spec/policy", {{"missingScripts", "Ignore"}}), Contains("write one of: Warn, Fail"));
    CHECK_THAT(problem_with("/spec", "nothing"), Contains("spec: an object is expected"));
}

TEST_CASE("a resource that cannot be read keeps its metadata and status, so that a status can say so") {
    auto object = smallest();
    object.erase("spec");
    object["status"] = {{"observedGeneration", 2}};
    const auto migration = migration_from_json(object);
    CHECK(migration.invalid_spec);
    CHECK(migration.metadata.generation == 3);
    CHECK(migration.status.observed_generation == 2);
}

TEST_CASE("only what has no name is no resource") {
    CHECK_THROWS_AS(migration_from_json(json::object()), std::invalid_argument);
    CHECK_THROWS_AS(migration_from_json(json::array()), std::invalid_argument);
    CHECK_THROWS_AS(migration_from_json({{"metadata", {{"name", "x"}}}}), std::invalid_argument);
}

TEST_CASE("a resource with a deletion timestamp is being deleted") {
    auto object = smallest();
    object["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
    CHECK(migration_from_json(object).metadata.deletion_timestamp);
}

TEST_CASE("the request of a person is read from its annotation, as one line that a status can hold") {
    auto object = smallest();
    CHECK(migration_from_json(object).metadata.requested_at.empty());
    object["metadata"]["annotations"] = {{"lockkeeper.dev/requestedAt", "2026-03-01\n12:00"}};
    CHECK(migration_from_json(object).metadata.requested_at == "2026-03-01 12:00");
    object["metadata"]["annotations"]["lockkeeper.dev/requestedAt"] = std::string(100'000, 'x');
    const auto requested = migration_from_json(object).metadata.requested_at;
    CHECK(requested.size() == longest_request);
    MigrationStatus status;
    status.last_handled_request = requested;
    CHECK(status_to_json(status)["lastHandledRequest"] == requested);
}
