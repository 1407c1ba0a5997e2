#include "reconcile/job_plan.hpp"

#include "reconcile/job_names.hpp"
#include "reconcile/run_description.hpp"
#include "support/builders.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace lockkeeper;
using namespace lockkeeper::reconcile;
using nlohmann::json;

namespace {

const RunnerImage image{"registry.example/lockkeeper@sha256:abc", "IfNotPresent"};

ObservedState shop_with(std::vector<migration::SourceFile> files) {
    auto observed = tests::new_shop();
    auto scripts = migration::ScriptSet::read(files);
    observed.source = SourceFound{std::move(scripts), std::move(files)};
    return observed;
}

ObservedState shop() {
    return shop_with(
        {{"0001_a.up.sql", "CREATE TABLE a (x int);"}, {"0001_a.down.sql", "DROP TABLE a;"}, {".keep", ""}});
}

json runner_of(const JobPlan& plan) {
    return plan.job["spec"]["template"]["spec"]["containers"][0];
}

}  // namespace

TEST_CASE("a run's objects have names of their own, the same each time that they are made") {
    auto migration = tests::new_migration().metadata;
    CHECK(job_name(migration, 7) == job_name(migration, 7));
    CHECK(job_name(migration, 7) != job_name(migration, 8));
    CHECK(job_name(migration, 7).starts_with("shop-"));
    CHECK(job_name(migration, 7).ends_with("-7"));
    const auto before = job_name(migration, 7);
    migration.uid = "6b1f9c0e-0000-4000-8000-000000000002";
    CHECK(job_name(migration, 7) != before);
    migration.name = "a." + std::string(251, 'x');
    const auto longest = job_name(migration, 2'147'483'647);
    CHECK(longest.size() <= 63);
    CHECK(longest.find('.') == std::string::npos);
    CHECK(scripts_name(longest, 1'000).size() <= 253);
}

TEST_CASE("scripts and description of a run are pinned in immutable ConfigMaps that belong to the Migration") {
    auto observed = shop();
    observed.migration.spec.target_version = "0001_a";
    observed.migration.status.history_table = "public.lockkeeper_history";
    const auto plan = plan_job(observed, 3, image);
    REQUIRE(plan.config_maps.size() == 2);
    for (const auto& object : {plan.config_maps[0], plan.config_maps[1], plan.job}) {
        INFO(object.dump(2));
        const auto& metadata = object["metadata"];
        CHECK(metadata["namespace"] == "shop");
        CHECK(metadata["ownerReferences"].size() == 1);
        CHECK(metadata["ownerReferences"][0]["uid"] == observed.migration.metadata.uid);
        CHECK(metadata["ownerReferences"][0]["controller"] == true);
        CHECK(metadata["labels"]["app.kubernetes.io/managed-by"] == "lockkeeper");
        CHECK(metadata["labels"]["lockkeeper.dev/run"] == "3");
        if (object["kind"] == "ConfigMap") CHECK(object["immutable"] == true);
    }
    CHECK(plan.config_maps[1]["data"] ==
          json{{"0001_a.up.sql", "CREATE TABLE a (x int);"}, {"0001_a.down.sql", "DROP TABLE a;"}});
    const auto description = parse_run_description(plan.config_maps[0]["data"]["run.json"].get<std::string>());
    CHECK(description.subject == "shop/shop");
    CHECK(description.run == 3);
    CHECK(description.source_digest == std::get<SourceFound>(observed.source).scripts.digest());
    CHECK(description.known_history_table == "public.lockkeeper_history");
    CHECK(description.spec.target_version == "0001_a");
}

TEST_CASE("scripts of more than a ConfigMap takes are shared out among several, none of them lost") {
    std::vector<migration::SourceFile> files;
    for (int i = 0; i < 50; ++i) files.push_back({std::to_string(1'000 + i) + "_a.up.sql", std::string(100'000, ' ')});
    files.push_back({"2000_large.up.sql", std::string(1'000'000, ' ')});
    const auto plan = plan_job(shop_with(files), 1, image);
    CHECK(plan.config_maps.size() > 6);
    std::set<std::string> names;
    std::size_t found = 0;
    for (std::size_t i = 1; i < plan.config_maps.size(); ++i) {
        const auto& data = plan.config_maps[i]["data"];
        std::size_t bytes = 0;
        for (const auto& [name, text] : data.items()) bytes += name.size() + text.get<std::string>().size();
        CHECK((bytes <= std::size_t{900} << 10U || data.size() == 1));
        found += data.size();
        names.insert(plan.config_maps[i]["metadata"]["name"]);
    }
    CHECK(found == files.size());
    CHECK(names.size() == plan.config_maps.size() - 1);
    const auto& sources = plan.job["spec"]["template"]["spec"]["volumes"][1]["projected"]["sources"];
    CHECK(sources.size() == names.size());
}

TEST_CASE("an empty source is an empty directory") {
    const auto plan = plan_job(shop_with({}), 1, image);
    CHECK(plan.config_maps.size() == 1);
    CHECK(plan.job["spec"]["template"]["spec"]["volumes"][1].contains("emptyDir"));
}

TEST_CASE("a Job's pod runs once, without a token, by the restricted standard, and names its Secret") {
    const auto plan = plan_job(shop(), 1, image);
    const auto& spec = plan.job["spec"];
    CHECK(spec["backoffLimit"] == 0);
    CHECK(spec["activeDeadlineSeconds"] == 3'600);
    CHECK(spec["ttlSecondsAfterFinished"] == 3'600);
    const auto& pod = spec["template"]["spec"];
    CHECK(pod["restartPolicy"] == "Never");
    CHECK(pod["automountServiceAccountToken"] == false);
    CHECK(pod["securityContext"]["runAsNonRoot"] == true);
    CHECK(pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault");
    const auto runner = runner_of(plan);
    CHECK(runner["image"] == image.reference);
    CHECK(runner["imagePullPolicy"] == "IfNotPresent");
    CHECK(runner["args"][0] == "run");
    CHECK(runner["securityContext"] ==
          json::parse(R"({"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                                                       "capabilities": {"drop": ["ALL"]}})"));
    CHECK(runner["env"] == json::parse(R"([{"name": "LOCKKEEPER_DATABASE_URL",
                                            "valueFrom": {"secretKeyRef": {"name": "shop-db", "key": "uri"}}}])"));
    CHECK_FALSE(pod.contains("affinity"));
    CHECK_FALSE(runner.contains("resources"));
}

TEST_CASE("the whole of execution.job is in the Job's pod, and takes the place of nothing of ours") {
    auto observed = shop();
    auto& execution = observed.migration.spec.execution;
    execution.timeout = std::chrono::milliseconds(0);
    execution.job = api::JobSpec();
    execution.job->ttl_after_finished = std::chrono::milliseconds(1'500);
    execution.job->service_account_name = "migrator";
    execution.job->priority_class_name = "high";
    execution.job->labels = {{"team", "shop"}, {"lockkeeper.dev/run", "99"}};
    execution.job->annotations = {{"sidecar.istio.io/inject", "false"}};
    execution.job->node_selector = {{"disk", "ssd"}};
    execution.job->resources = R"({"limits":{"memory":"128Mi"}})";
    execution.job->tolerations = R"([{"operator":"Exists"}])";
    execution.job->affinity = R"({"nodeAffinity":{}})";
    execution.job->image_pull_secrets = R"([{"name":"pull"}])";
    execution.job->env = R"([{"name":"PGSSLROOTCERT","value":"/ca.pem"}])";
    const auto plan = plan_job(observed, 1, image);
    CHECK_FALSE(plan.job["spec"].contains("activeDeadlineSeconds"));
    CHECK(plan.job["spec"]["ttlSecondsAfterFinished"] == 2);
    CHECK(plan.job["metadata"]["labels"]["team"] == "shop");
    CHECK(plan.job["metadata"]["labels"]["lockkeeper.dev/run"] == "1");
    const auto& in_template = plan.job["spec"]["template"];
    CHECK(in_template["metadata"]["labels"]["team"] == "shop");
    CHECK(in_template["metadata"]["annotations"]["sidecar.istio.io/inject"] == "false");
    const auto& pod = in_template["spec"];
    CHECK(pod["serviceAccountName"] == "migrator");
    CHECK(pod["priorityClassName"] == "high");
    CHECK(pod["nodeSelector"]["disk"] == "ssd");
    CHECK(pod["tolerations"][0]["operator"] == "Exists");
    CHECK(pod["affinity"].contains("nodeAffinity"));
    CHECK(pod["imagePullSecrets"][0]["name"] == "pull");
    CHECK(runner_of(plan)["resources"]["limits"]["memory"] == "128Mi");
    CHECK(runner_of(plan)["env"][1]["name"] == "PGSSLROOTCERT");
}

TEST_CASE("scripts of an image are brought out of it by a program that needs nothing of it") {
    auto observed = shop();
    observed.migration.spec.source.from = api::ImageSource{"example/app:7", "/db/migrations", "Always", {"pull"}};
    observed.migration.spec.source.expected_digest = "sha256:abc";
    observed.migration.spec.execution.job = api::JobSpec();
    observed.migration.spec.execution.job->image_pull_secrets = R"([{"name":"mirror"}])";
    observed.source = SourceInImage{};
    const auto plan = plan_job(observed, 1, image);
    REQUIRE(plan.config_maps.size() == 1);
    CHECK(parse_run_description(plan.config_maps[0]["data"]["run.json"].get<std::string>()).source_digest ==
          "sha256:abc");
    const auto& pod = plan.job["spec"]["template"]["spec"];
    REQUIRE(pod["initContainers"].size() == 2);
    const auto& install = pod["initContainers"][0];
    const auto& copy = pod["initContainers"][1];
    CHECK(install["image"] == image.reference);
    CHECK(copy["image"] == "example/app:7");
    CHECK(copy["imagePullPolicy"] == "Always");
    CHECK(copy["command"][0] == install["command"][2]);
    CHECK(copy["command"][2] == "/db/migrations");
    CHECK(copy["command"][3] == runner_of(plan)["volumeMounts"][1]["mountPath"]);
    for (const auto& container : {install, copy})
        CHECK(container["securityContext"] == runner_of(plan)["securityContext"]);
    CHECK(pod["imagePullSecrets"] == json::parse(R"([{"name": "mirror"}, {"name": "pull"}])"));
    CHECK(pod["volumes"][1].contains("emptyDir"));
    CHECK_FALSE(copy.contains("env"));
}
