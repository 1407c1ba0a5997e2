// The CRD on a real API server: what it refuses, what it fills in, and what kubectl shows of it.
#include "api/migration_json.hpp"
#include "api/reasons.hpp"
#include "api/status_to_json.hpp"
#include "support/builders.hpp"
#include "support/crd_specs.hpp"
#include "support/kubectl.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace lockkeeper;
using namespace lockkeeper::tests;
using Catch::Contains;
using nlohmann::json;

namespace {

json inline_source(const std::string& file) {
    return {{"source", {{"inline", {{file, "SELECT 1"}}}}}};
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
        text.replace(at, from.size(), to);
    }
    return text;
}

/// A status with everything in it, as long as it can be.
api::MigrationStatus largest_status() {
    auto report = run_that_failed(migration::FailureKind::DatabaseUnreachable, std::string(9'000, 'x'));
    report.failure->sqlstate = "57P03";
    report.failure->version = report.failure->file = "0003_items";
    report.failure->line = report.failure->column = report.failure->statement = 7;
    std::vector<std::string> applied;
    std::vector<std::string> source;
    for (int i = 1'000; i < 1'100; ++i) applied.push_back(std::to_string(i) + "_applied");
    for (int i = 2'000; i < 2'100; ++i) source.push_back(std::to_string(i) + "_pending");
    report.database = database_with(applied, source);
    return after_run(new_shop(), report).migration.status;
}

CommandResult apply_status(const TemporaryNamespace& space, const api::Metadata& metadata,
                           const api::MigrationStatus& status) {
    return kubectl("apply --server-side --subresource=status --field-manager=lockkeeper --force-conflicts -n " +
                       space.name() + " -f -",
                   api::status_apply_body(metadata, status).dump());
}

}  // namespace

TEST_CASE("the sample is accepted") {
    const TemporaryNamespace space;
    const auto sample = kubectl("kustomize " LOCKKEEPER_SOURCE_DIR "/manifests/samples/shop");
    REQUIRE(sample.exit_code == 0);
    auto here = replace_all(sample.output, "namespace: shop\n", "namespace: " + space.name() + "\n");
    here = replace_all(here, "kind: Namespace\nmetadata:\n  name: shop\n",
                       "kind: Namespace\nmetadata:\n  name: " + space.name() + "\n");
    const auto applied = kubectl("apply -f -", here);
    INFO(applied.output);
    CHECK(applied.exit_code == 0);
    CHECK(space.get("configmap", "shop-migrations")["data"].contains("0001_customers.up.sql"));
    CHECK_FALSE(api::migration_from_json(space.get("pgmig", "shop")).invalid_spec);
}

TEST_CASE("a new Migration has its defaults, and a status that nobody takes for finished") {
    const TemporaryNamespace space;
    space.apply(tests::migration("shop", "shop-db", from_config_map()));
    const auto stored = space.get("pgmig", "shop");
    CHECK(stored["status"]["observedGeneration"] == -1);
    CHECK(stored["spec"]["database"]["urlFrom"]["secretKeyRef"]["key"] == "uri");
    CHECK(stored["spec"]["history"] == json({{"schema", "public"}, {"table", "lockkeeper_history"}}));
    CHECK(stored["spec"]["lock"] == json({{"acquireTimeout", "10m"}}));
    CHECK(stored["spec"]["session"] == json({{"lockTimeout", "5s"}, {"statementTimeout", "0"}}));
    CHECK(stored["spec"]["retry"] == json({{"initialDelay", "5s"}, {"maxDelay", "5m"}}));
    CHECK(stored["spec"]["layout"] == "Auto");
    CHECK(stored["spec"]["policy"] ==
          json({{"outOfOrder", "Forbid"}, {"checksumMismatch", "Fail"}, {"missingScripts", "Warn"}}));
    CHECK(stored["spec"]["execution"] ==
          json({{"mode", "InProcess"}, {"timeout", "1h"}, {"job", {{"ttlAfterFinished", "1h"}}}}));
    CHECK(stored["spec"]["transaction"] == "Script");
    CHECK(stored["spec"]["suspend"] == false);
}

TEST_CASE("the API server's defaults are those that a spec has without them") {
    const TemporaryNamespace space;
    space.apply(tests::migration("shop", "shop-db", from_config_map()));
    const auto stored = api::migration_from_json(space.get("pgmig", "shop"));
    REQUIRE_FALSE(stored.invalid_spec);
    const api::MigrationSpec ours;
    CHECK(stored.spec.database_url.key == ours.database_url.key);
    CHECK(stored.spec.history.schema == ours.history.schema);
    CHECK(stored.spec.history.table == ours.history.table);
    CHECK(stored.spec.lock.acquire_timeout == ours.lock.acquire_timeout);
    CHECK(stored.spec.session.lock_timeout == ours.session.lock_timeout);
    CHECK(stored.spec.session.statement_timeout == ours.session.statement_timeout);
    CHECK(stored.spec.retry.initial_delay == ours.retry.initial_delay);
    CHECK(stored.spec.retry.max_delay == ours.retry.max_delay);
    CHECK(stored.spec.suspend == ours.suspend);
    CHECK(stored.spec.layout == ours.layout);
    CHECK(stored.spec.policy.allow_out_of_order == ours.policy.allow_out_of_order);
    CHECK(stored.spec.policy.checksum_mismatch == ours.policy.checksum_mismatch);
    CHECK(stored.spec.policy.missing_scripts == ours.policy.missing_scripts);
}

TEST_CASE("a source that is none, or two, is refused with what to write") {
    const TemporaryNamespace space;
    const auto refusal = [&](const json& spec) {
        return space.refusal_of(tests::migration("refused", "shop-db", spec));
    };
    CHECK_THAT(refusal(json::object()), Contains("write a source: {configMaps: [{name: <ConfigMap>}]}"));
    CHECK_THAT(refusal({{"source", json::object()}}), Contains("source takes exactly one of: inline"));
    auto two = from_config_map();
    two["source"]["inline"] = {{"0001_a.up.sql", "SELECT 1"}};
    CHECK_THAT(refusal(two), Contains("source takes exactly one of: inline"));
    CHECK_THAT(refusal({{"source", {{"inline", json::object()}}}}), Contains("inline needs at least one script"));
    CHECK_THAT(refusal({{"source", {{"configMaps", json::array()}}}}), Contains("needs at least one entry"));
    CHECK_THAT(refusal({{"source", {{"configMaps", {{{"name", "a"}}, {{"name", "a"}}}}}}}),
               Contains("Duplicate value"));
}

TEST_CASE("a database that is none is refused with what to write") {
    const TemporaryNamespace space;
    auto nowhere = tests::migration("refused", "shop-db", from_config_map());
    nowhere["spec"].erase("database");
    CHECK_THAT(space.refusal_of(nowhere), Contains("write database: {urlFrom: {secretKeyRef:"));
}

TEST_CASE("keys of inline are file names") {
    const TemporaryNamespace space;
    const auto good = GENERATE(as<std::string>(), "0001_a.up.sql", "0001_a.down.sql", "1.10-x.sql", "20260101_B.sql",
                               "V1.2__orders.sql", "R__views.sql", "V1__a.sql.conf");
    CHECK(space.refusal_of(tests::migration("accepted", "shop-db", inline_source(good))).empty());
    const auto bad = GENERATE(as<std::string>(), "0001_a", "../0001_a.sql", "0001 a.sql", ".sql", "a/b.sql");
    INFO(bad);
    CHECK_THAT(space.refusal_of(tests::migration("refused", "shop-db", inline_source(bad))),
               Contains("file names such as 0001_customers.up.sql"));
}

TEST_CASE("a digest is refused unless it is one") {
    const TemporaryNamespace space;
    CHECK(refusal_with(space, "/source/expectedDigest", "sha256:" + std::string(64, 'a')).empty());
    for (const auto& bad : {"abc", "sha256:ABC", "sha512:00"}) {
        CHECK_THAT(refusal_with(space, "/source/expectedDigest", bad), Contains("64 lower-case hexadecimal digits"));
    }
}

TEST_CASE("durations are refused unless they are such, in every field that holds one") {
    const TemporaryNamespace space;
    const auto* field = GENERATE("/lock/acquireTimeout", "/session/lockTimeout", "/session/statementTimeout",
                                 "/retry/initialDelay", "/retry/maxDelay");
    INFO(field);
    for (const auto* bad : {"soon", "5", "5 s", "-5s", "1.5m", "1s1m", ""}) {
        INFO(bad);
        CHECK_THAT(refusal_with(space, field, bad), Contains("such as 5s, 1m30s or 500ms"));
    }
    CHECK_THAT(refusal_with(space, field, "577h"), Contains("at most 576h"));
    CHECK(refusal_with(space, field, "5m").empty());
}

TEST_CASE("layouts and policies are refused unless they are such, with what there is") {
    const TemporaryNamespace space;
    CHECK_THAT(refusal_with(space, "/layout", "goose"), Contains("\"Goose\"") && Contains("\"Flyway\""));
    CHECK_THAT(refusal_with(space, "/policy/outOfOrder", "Warn"), Contains("\"Forbid\", \"Allow\""));
    CHECK_THAT(refusal_with(space, "/policy/checksumMismatch", "Ignore"), Contains("\"Fail\", \"Warn\""));
    CHECK_THAT(refusal_with(space, "/policy/missingScripts", "Allow"), Contains("\"Warn\", \"Fail\""));
    CHECK_THAT(refusal_with(space, "/baseline", ""), Contains("spec.baseline"));
    for (const auto* layout : {"Auto", "Paired", "Goose", "Dbmate", "Tern", "Flyway"}) {
        CHECK(refusal_with(space, "/layout", layout).empty());
    }
    CHECK(refusal_with(space, "/policy", {{"outOfOrder", "Allow"}, {"missingScripts", "Fail"}}).empty());
    CHECK(refusal_with(space, "/baseline", "0007_orders").empty());
}

TEST_CASE("the history to adopt is a tool and a table, and not beside a baseline") {
    const TemporaryNamespace space;
    for (const auto* tool : {"Auto", "GolangMigrate", "Goose", "Dbmate", "Tern", "Flyway", "Atlas", "Versions"}) {
        CHECK(refusal_with(space, "/adopt", {{"from", tool}}).empty());
    }
    CHECK(refusal_with(space, "/adopt", {{"table", "legacy.schema_migrations"}}).empty());
    CHECK_THAT(refusal_with(space, "/adopt/from", "Rails"), Contains("\"GolangMigrate\""));
    for (const auto& bad : {std::string("a.b.c"), std::string("a."), std::string(64, 'x')}) {
        CHECK_THAT(refusal_with(space, "/adopt/table", bad), Contains("write table or schema.table"));
    }
    auto both = from_config_map();
    both["adopt"] = {{"from", "Goose"}};
    both["baseline"] = "1";
    CHECK_THAT(space.refusal_of(tests::migration("refused", "shop-db", both)),
               Contains("write adopt or baseline, not both"));
}

TEST_CASE("delays of retries are in order and not too short") {
    const TemporaryNamespace space;
    CHECK_THAT(refusal_with(space, "/retry", {{"initialDelay", "1m"}, {"maxDelay", "59s"}}),
               Contains("a maxDelay that is not shorter than initialDelay"));
    CHECK_THAT(refusal_with(space, "/retry/initialDelay", "0"), Contains("an initialDelay of at least 100ms"));
}

TEST_CASE("the name of the history table is refused before any connection is made") {
    const TemporaryNamespace space;
    for (const auto* field : {"/history/table", "/history/schema"}) {
        INFO(field);
        CHECK_THAT(refusal_with(space, field, "a.b.c"), Contains("a name without a dot"));
        CHECK_THAT(refusal_with(space, field, ""), Contains("leave the field out for its default"));
        CHECK_THAT(refusal_with(space, field, std::string(64, 'x')), Contains("at most 63 bytes"));
        CHECK_THAT(refusal_with(space, field, replace_all(std::string(32, 'x'), "x", "ä")),
                   Contains("at most 63 bytes"));
        CHECK(refusal_with(space, field, std::string(63, 'x')).empty());
        CHECK(refusal_with(space, field, "Odd \"name\"").empty());
    }
}

TEST_CASE("what this version does not have is refused and not ignored") {
    const TemporaryNamespace space;
    CHECK_THAT(refusal_with(space, "/execution/mode", "Pod"), Contains("supported values: \"Job\", \"InProcess\""));
    CHECK_THAT(refusal_with(space, "/targetVersio", "1"), Contains("unknown field \"spec.targetVersio\""));
    CHECK_THAT(refusal_with(space, "/source/flux", json::object()), Contains("unknown field \"spec.source.flux\""));
}

TEST_CASE("the largest status is accepted, reads back, and shows in the columns") {
    const TemporaryNamespace space;
    space.apply(tests::migration("shop", "shop-db", from_config_map()));
    const auto stored = api::migration_from_json(space.get("pgmig", "shop"));
    const auto written = largest_status();
    const auto applied = apply_status(space, stored.metadata, written);
    INFO(applied.output);
    REQUIRE(applied.exit_code == 0);

    const auto object = space.get("pgmig", "shop");
    CHECK(object["status"] == api::status_to_json(written));
    const auto row = kubectl("get pgmig shop -o wide -n " + space.name()).output;
    CHECK_THAT(row,
               Contains("DatabaseUnreachable") && Contains("1099_applied") && Contains("public.lockkeeper_history"));

    SECTION("applying it again changes nothing, so there is no event and no loop") {
        const auto before = object["metadata"]["resourceVersion"];
        REQUIRE(apply_status(space, stored.metadata, written).exit_code == 0);
        CHECK(space.get("pgmig", "shop")["metadata"]["resourceVersion"] == before);
    }
    SECTION("a condition that is left out is gone") {
        auto without = written;
        api::remove_condition(without.conditions, "Reconciling");
        REQUIRE(apply_status(space, stored.metadata, without).exit_code == 0);
        CHECK(condition(space.get("pgmig", "shop"), "Reconciling") == "none");
        CHECK(condition(space.get("pgmig", "shop"), "Ready") == "False/DatabaseUnreachable");
    }
}

TEST_CASE("kubectl explain tells what to write") {
    const TemporaryNamespace space;
    const auto explain = [](const std::string& field) { return kubectl("explain " + field).output; };
    CHECK_THAT(explain("pgmig.spec.source"), Contains("exactly one of inline, configMaps and image") &&
                                                 Contains("NNN_name.up.sql") && Contains("expectedDigest"));
    CHECK_THAT(explain("pgmig.spec.session.lockTimeout"), Contains("duration such as 5s"));
    CHECK_THAT(explain("pgmig.status.lastError"), Contains("SQLSTATE") || Contains("error code"));
}

TEST_CASE("every field has a description") {
    const TemporaryNamespace space;
    const auto crd = json::parse(kubectl("get crd migrations.lockkeeper.dev -o json").output);
    std::vector<std::string> without;
    const std::function<void(const json&, const std::string&)> visit = [&](const json& schema,
                                                                           const std::string& path) {
        const auto properties = schema.value("properties", json::object());
        for (const auto& [name, field] : properties.items()) {
            auto here = path;
            here += ".";
            here += name;
            if (!field.contains("description") && here != ".metadata") without.push_back(here);
            visit(field, here);
            if (field.contains("items")) visit(field["items"], here);
        }
    };
    visit(crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"], "");
    CHECK(without.empty());
}
