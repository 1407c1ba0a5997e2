// The part of the CRD that says what executes a Migration, on a real API server.
#include "api/migration_json.hpp"
#include "support/kubectl.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace lockkeeper;
using namespace lockkeeper::tests;
using Catch::Contains;
using nlohmann::json;

namespace {

const json from_config_map{{"source", {{"configMaps", json::array({{{"name", "scripts"}}})}}}};

/// The Migration of a spec that says this of its execution.
json with_execution(const std::string& execution) {
    auto spec = from_config_map;
    spec["execution"] = json::parse(execution);
    return tests::migration("shop", "shop-db", spec);
}

}  // namespace

TEST_CASE("a Migration runs as a Job unless it says otherwise, and all that it says of the pod is kept") {
    const TemporaryNamespace space;
    space.apply(with_execution(R"({"timeout": "30m", "job": {
        "serviceAccountName": "migrator", "priorityClassName": "high", "labels": {"a": "b"}, "annotations": {"c": "d"},
        "nodeSelector": {"disk": "ssd"}, "resources": {"limits": {"memory": "64Mi", "cpu": 1}},
        "tolerations": [{"key": "x", "operator": "Equal", "value": "y", "effect": "NoExecute", "tolerationSeconds": 5}],
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}},
        "imagePullSecrets": [{"name": "pull"}],
        "env": [{"name": "A", "value": "x"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
        "ttlAfterFinished": "5m"}})"));
    const auto stored = api::migration_from_json(space.get("pgmig", "shop"));
    REQUIRE_FALSE(stored.invalid_spec);
    const auto& execution = stored.spec.execution;
    CHECK(execution.mode == api::ExecutionMode::Job);
    CHECK(execution.timeout == std::chrono::minutes(30));
    CHECK(
        json::parse(execution.job->affinity)["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"].contains(
            "nodeSelectorTerms"));
    CHECK(json::parse(execution.job->tolerations)[0]["tolerationSeconds"] == 5);
    CHECK(json::parse(execution.job->env)[1]["valueFrom"]["secretKeyRef"]["key"] == "k");
}

TEST_CASE("what cannot be meant of an execution is refused with what to write") {
    const TemporaryNamespace space;
    const auto refusal = [&](const std::string& execution) { return space.refusal_of(with_execution(execution)); };
    CHECK_THAT(refusal(R"({"timeout": "500ms"})"), Contains("write a timeout of at least 1s, or 0 for no limit"));
    CHECK(refusal(R"({"timeout": "0"})").empty());
    CHECK_THAT(refusal(R"({"timeout": "soon"})"), Contains("write a duration of whole numbers"));
    CHECK_THAT(refusal(R"({"job": {"labels": {"lockkeeper.dev/run": "9"}}})"), Contains("are set by Lockkeeper"));
    CHECK_THAT(refusal(R"({"job": {"env": [{"name": "LOCKKEEPER_DATABASE_URL", "value": "x"}]}})"),
               Contains("are set by Lockkeeper; name the database by spec.database"));
    CHECK_THAT(
        refusal(
            R"({"job": {"env": [{"name": "A", "value": "x", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}})"),
        Contains("write value or valueFrom, not both"));
    CHECK_THAT(refusal(R"({"job": {"env": [{"name": "A", "valueFrom": {}}]}})"),
               Contains("write one of secretKeyRef and configMapKeyRef"));
    CHECK_THAT(refusal(R"({"job": {"resources": {"limits": {"memory": "64 MB"}}}})"), Contains("should match"));
    CHECK_THAT(refusal(R"({"job": {"tolerations": [{"operator": "Like"}]}})"), Contains("supported values"));
    CHECK_THAT(refusal(R"({"job": {"containers": []}})"), Contains("unknown field"));
}

TEST_CASE("a source in an image is kept, with its default path, and refused without a Job") {
    const TemporaryNamespace space;
    json spec{{"source", {{"image", {{"reference", "example/app:7"}}}}}, {"execution", {{"mode", "Job"}}}};
    space.apply(tests::migration("shop", "shop-db", spec));
    CHECK(space.get("pgmig", "shop")["spec"]["source"]["image"]["path"] == "/migrations");
    spec["execution"]["mode"] = "InProcess";
    CHECK_THAT(space.refusal_of(tests::migration("other", "shop-db", spec)),
               Contains("source.image needs execution: {mode: Job}"));
    spec["execution"]["mode"] = "Job";
    spec["source"]["image"]["path"] = "migrations";
    CHECK_THAT(space.refusal_of(tests::migration("other", "shop-db", spec)),
               Contains("write a path that begins with /"));
    spec["source"]["configMaps"] = json::array({{{"name", "scripts"}}});
    CHECK_THAT(space.refusal_of(tests::migration("other", "shop-db", spec)), Contains("source takes exactly one of"));
}
