// The part of the CRD that says how scripts are run, on a real API server.
#include "api/migration_json.hpp"
#include "support/builders.hpp"
#include "support/crd_specs.hpp"
#include "support/kubectl.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace lockkeeper;
using namespace lockkeeper::tests;
using Catch::Contains;
using nlohmann::json;

TEST_CASE(
    "settings of the session, locks and transactions are kept exactly, and what Lockkeeper keeps for itself is "
    "refused") {
    const TemporaryNamespace space;
    auto spec = from_config_map();
    spec["session"] = {
        {"role", "app"}, {"searchPath", {"a", "b c"}}, {"parameters", {{"work_mem", "1MB"}, {"app.x", ""}}}};
    spec["lock"] = {{"key", INT64_MIN}, {"alsoHold", {INT64_MAX, 9'007'199'254'740'993}}};
    spec["transaction"] = "Run";
    space.apply(tests::migration("shop", "shop-db", spec));
    const auto stored = api::migration_from_json(space.get("pgmig", "shop"));
    REQUIRE_FALSE(stored.invalid_spec);
    CHECK(stored.spec.session.role == "app");
    CHECK(stored.spec.session.search_path == std::vector<std::string>{"a", "b c"});
    CHECK(stored.spec.session.parameters == std::map<std::string, std::string>{{"app.x", ""}, {"work_mem", "1MB"}});
    CHECK(stored.spec.lock.key == INT64_MIN);
    CHECK(stored.spec.lock.also_hold == std::vector<std::int64_t>{INT64_MAX, 9'007'199'254'740'993});
    CHECK(stored.spec.transaction == api::TransactionScope::Run);

    const auto with_parameter = [&](const char* name) {
        return refusal_with(space, "/session", {{"parameters", {{name, "x"}}}});
    };
    CHECK_THAT(with_parameter("Lock_Timeout"), Contains("write lockTimeout, statementTimeout, searchPath or role"));
    for (const auto* name : {"application_name", "TCP_Keepalives_idle", "default_transaction_read_only", "lockkeeper.x",
                             "transaction_timeout"}) {
        CHECK_THAT(with_parameter(name), Contains("for itself; a script that needs another value can SET it"));
    }
    CHECK_THAT(with_parameter("a b"), Contains("write names of parameters as in SHOW ALL"));
    CHECK_THAT(refusal_with(space, "/session", {{"role", ""}}), Contains("write the name of a role"));
    CHECK_THAT(refusal_with(space, "/session", {{"searchPath", {""}}}), Contains("should be at least 1 chars long"));
    CHECK_THAT(refusal_with(space, "/lock", {{"alsoHold", {1, 1}}}), Contains("Duplicate value"));
    CHECK_THAT(refusal_with(space, "/transaction", "All"), Contains("supported values: \"Script\", \"Run\", \"None\""));
}

TEST_CASE("an interval, and what a Migration depends on, are refused with what to write instead") {
    const TemporaryNamespace space;
    auto spec = from_config_map();
    spec["interval"] = "10m";
    spec["dependsOn"] = {{{"name", "customers"}}, {{"name", "orders"}}};
    space.apply(tests::migration("shop", "shop-db", spec));
    const auto stored = api::migration_from_json(space.get("pgmig", "shop"));
    CHECK(stored.spec.interval == std::chrono::minutes(10));
    CHECK(stored.spec.depends_on == std::vector<std::string>{"customers", "orders"});

    CHECK_THAT(refusal_with(space, "/interval", "9s"), Contains("write an interval of at least 10s, or leave it out"));
    CHECK_THAT(refusal_with(space, "/interval", "0"), Contains("write an interval of at least 10s, or leave it out"));
    CHECK_THAT(refusal_with(space, "/interval", "577h"), Contains("write a duration of at most 576h"));
    CHECK_THAT(refusal_with(space, "/interval", "often"), Contains("write a duration of whole numbers"));
    const auto depending_on = [&](const json& names) { return refusal_with(space, "/dependsOn", names); };
    CHECK_THAT(depending_on({{{"name", "refused"}}}), Contains("this one names itself; take its own name out"));
    CHECK_THAT(depending_on({{{"name", "a"}}, {{"name", "a"}}}), Contains("Duplicate value"));
    CHECK_THAT(depending_on({{{"name", "Orders"}}}), Contains("write the name of a Migration in this namespace"));
}

TEST_CASE("what a run tells of itself is kept exactly") {
    const TemporaryNamespace space;
    space.apply(tests::migration("shop", "shop-db", from_config_map()));
    auto stored = api::migration_from_json(space.get("pgmig", "shop"));
    auto& status = stored.status;
    const api::Timestamp time{std::chrono::seconds(1'772'366'400)};
    const api::DatabaseSession session{4711, std::string(256, 'x'), "10.0.0.1", "active", "ALTER TABLE", time};
    auto blocker = session;
    blocker.client.clear();
    status.lock = api::AwaitedLock{INT64_MIN, session};
    status.running = api::RunningScript{
        "1_a", time, 2, 3, api::IndexBuild{"building index", 100}, std::vector<api::DatabaseSession>(10, blocker)};
    status.last_handled_request = std::string(256, 'r');
    const auto applied =
        kubectl("apply --server-side --subresource=status --field-manager=lockkeeper -n " + space.name() + " -f -",
                api::status_apply_body(stored.metadata, status).dump());
    INFO(applied.output);
    REQUIRE(applied.exit_code == 0);
    CHECK(api::migration_from_json(space.get("pgmig", "shop")).status == status);
}
