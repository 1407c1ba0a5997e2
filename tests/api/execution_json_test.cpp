#include "api/execution_json.hpp"

#include "api/spec_json.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::api;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

ExecutionSpec read(const std::string& text) {
    const auto object = json::parse(text);
    return execution_from_json(Field(&object, "spec.execution"));
}

std::string problem_with(const std::string& spec) {
    const auto object = json::parse(spec);
    try {
        spec_from_json(Field(&object, "spec"));
    } catch (const InvalidField& error) {
        return error.what();
    }
    return "none";
}

}  // namespace

TEST_CASE("what executes a Migration is a Job of an hour at most, unless it says otherwise") {
    const auto execution = execution_from_json(Field(nullptr, "spec.execution"));
    CHECK(execution.mode == ExecutionMode::Job);
    CHECK(execution.timeout == 1h);
    CHECK_FALSE(execution.job);
    CHECK_FALSE(read(R"({"job": {"ttlAfterFinished": "1h"}})").job);  // which the API server fills in
    CHECK(read(R"({"job": {"ttlAfterFinished": "5m"}})").job);
    CHECK(read(R"({"job": {"labels": {"a": "b"}}})").job);
    CHECK(JobSpec().ttl_after_finished == 1h);
    CHECK(read(R"({"mode": "InProcess", "timeout": "0"})").timeout == 0ms);
    CHECK(read(R"({"mode": "InProcess"})").mode == ExecutionMode::InProcess);
}

TEST_CASE("the whole of execution.job is read") {
    const auto job = *read(R"({"job": {
        "serviceAccountName": "migrator", "priorityClassName": "high", "labels": {"a": "b"}, "annotations": {"c": "d"},
        "nodeSelector": {"disk": "ssd"}, "resources": {"limits": {"memory": "64Mi", "cpu": 1}},
        "tolerations": [{"operator": "Exists"}], "affinity": {"podAffinity": {}}, "imagePullSecrets": [{"name": "pull"}],
        "env": [{"name": "PGSSLROOTCERT", "value": "/ca.pem"}], "ttlAfterFinished": "5m"}})")
                          .job;
    CHECK(job.service_account_name == "migrator");
    CHECK(job.priority_class_name == "high");
    CHECK(job.labels.at("a") == "b");
    CHECK(job.annotations.at("c") == "d");
    CHECK(job.node_selector.at("disk") == "ssd");
    CHECK(json::parse(job.resources)["limits"]["cpu"] == 1);
    CHECK(json::parse(job.tolerations)[0]["operator"] == "Exists");
    CHECK(json::parse(job.affinity).contains("podAffinity"));
    CHECK(json::parse(job.image_pull_secrets)[0]["name"] == "pull");
    CHECK(json::parse(job.env)[0]["name"] == "PGSSLROOTCERT");
    CHECK(job.ttl_after_finished == 5min);
}

TEST_CASE("a source in an image is read, and needs a Job") {
    const auto image = R"("database": {"urlFrom": {"secretKeyRef": {"name": "db"}}},
        "source": {"image": {"reference": "example/app:7", "path": "/db", "pullPolicy": "Always", "pullSecrets": [{"name": "pull"}]}})";
    const auto object = json::parse("{" + std::string(image) + "}");
    const auto spec = spec_from_json(Field(&object, "spec"));
    const auto& source = std::get<ImageSource>(spec.source.from);
    CHECK(source.reference == "example/app:7");
    CHECK(source.path == "/db");
    CHECK(source.pull_policy == "Always");
    CHECK(source.pull_secrets == std::vector<std::string>{"pull"});
    CHECK_THAT(problem_with("{" + std::string(image) + R"(, "execution": {"mode": "InProcess"}})"),
               Catch::Contains("spec.source.image: an image needs execution: {mode: Job}"));
    CHECK_THAT(problem_with(R"({"source": {"image": {}}})"), Catch::Contains("spec.database"));
}
