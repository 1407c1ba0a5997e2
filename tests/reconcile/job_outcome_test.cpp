#include "reconcile/job_outcome.hpp"

#include "reconcile/runner_line.hpp"
#include "support/builders.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace lockkeeper;
using namespace lockkeeper::reconcile;
using nlohmann::json;

namespace {

json job_object() {
    return json::parse(R"({"metadata": {"name": "shop-1f3a9c0d-1", "creationTimestamp": "2026-03-01T12:00:00Z",
        "ownerReferences": [{"apiVersion": "lockkeeper.dev/v1alpha1", "kind": "Migration", "name": "shop", "uid": "u1",
                             "controller": true}]}, "status": {"active": 1}})");
}

JobState active() {
    return job_state_of(job_object());
}

JobState failed(const std::string& reason) {
    auto object = job_object();
    object["status"] = {{"conditions", json::array({{{"type", "FailureTarget"}, {"status", "True"}, {"reason", reason}},
                                                    {{"type", "Failed"}, {"status", "True"}, {"reason", reason}}})}};
    return job_state_of(object);
}

JobState complete() {
    auto object = job_object();
    object["status"] = {{"conditions", json::array({{{"type", "Complete"}, {"status", "True"}}})}};
    return job_state_of(object);
}

/// A pod whose status is written as YAML would have it, in JSON.
PodState pod(const std::string& status) {
    return pod_state_of({{"metadata", {{"name", "shop-1f3a9c0d-1-x2x4z"}}}, {"status", json::parse(status)}});
}

PodState runner(const std::string& state) {
    return pod(R"({"phase": "Running", "containerStatuses": [{"name": "runner", "state": )" + state + "}]}");
}

PodState ended(int exit_code, const std::string& reason, const std::string& message = "") {
    const json terminated{{"exitCode", exit_code}, {"reason", reason}, {"message", message}};
    return runner(json{{"terminated", terminated}}.dump());
}

ObservedJob observed(std::optional<JobState> job, std::vector<PodState> pods = {}, std::string log = {}) {
    return {"shop-1f3a9c0d-1", std::move(job), std::move(pods), std::move(log), {}, {}};
}

RunnerResult success() {
    RunnerResult result;
    result.report = tests::run_that_succeeded(tests::database_with({"0001_a"}, {"0001_a"}));
    result.source_digest = "sha256:abc";
    return result;
}

RunnerResult interrupted() {
    return {.report = tests::run_that_failed(migration::FailureKind::Interrupted, "interrupted")};
}

/// `Failed reason: message` of a Job that has failed, `Stuck …`, `Runs …`, or `Done` for a report.
std::string told(const ObservedJob& job) {
    const auto verdict = judge(job);
    if (const auto* stuck = std::get_if<JobIsStuck>(&verdict)) return "Stuck " + stuck->reason + ": " + stuck->message;
    if (const auto* runs = std::get_if<JobRuns>(&verdict)) {
        return "Runs " + runs->progress.reason + ": " + runs->progress.message;
    }
    const auto& outcome = std::get<JobEnded>(verdict).outcome;
    if (const auto* failure = std::get_if<ExecutionFailure>(&outcome))
        return "Failed " + failure->reason + ": " + failure->message;
    const auto& report = std::get<migration::RunReport>(outcome);
    return report.failure ? "Done " + std::string(to_string(report.failure->kind)) : "Done";
}

migration::Retry pace_of(const ObservedJob& job) {
    return std::get<ExecutionFailure>(std::get<JobEnded>(judge(job)).outcome).pace;
}

}  // namespace

TEST_CASE("a Job's owner is the Migration that it names as such, and nobody else") {
    CHECK(active().owner_name == "shop");
    CHECK(active().owner_uid == "u1");
    auto other = job_object();
    other["metadata"]["ownerReferences"][0]["apiVersion"] = "atlasgo.io/v1";
    CHECK(job_state_of(other).owner_uid.empty());
}

TEST_CASE("the state of a Job or pod is read from whatever the object holds") {
    for (const std::string text :
         {"null", "[]", "3", "{}", R"({"metadata": 3, "status": []})",
          R"({"metadata": {"ownerReferences": {}}, "status": {"conditions": [1, {"type": 2}]}})",
          R"({"status": {"containerStatuses": [null, {"state": {"terminated": {"exitCode": "x"}}}]}})"}) {
        INFO(text);
        CHECK_FALSE(job_state_of(json::parse(text)).has_ended());
        CHECK(pod_state_of(json::parse(text)).name.empty());
    }
}

TEST_CASE("the result of a runner counts, from its log, or from its termination message where the log is gone") {
    const auto line = to_line(success());
    CHECK(told(observed(complete(), {ended(0, "Completed")}, "noise\n" + line + "\n")) == "Done");
    CHECK(told(observed(complete(), {ended(0, "Completed", line)})) == "Done");
    CHECK(told(observed(complete(), {ended(0, "Completed", line)}, "half a li")) == "Done");
    CHECK(std::get<JobEnded>(judge(observed(complete(), {}, line))).source_digest == "sha256:abc");
    SECTION("also where the Job has not noticed yet, or was ended by its deadline, or is gone") {
        CHECK(told(observed(active(), {ended(0, "Completed", line)})) == "Done");
        CHECK(told(observed(failed("DeadlineExceeded"), {ended(0, "Completed", line)})) == "Done");
        CHECK(told(observed(std::nullopt, {ended(0, "Completed", line)})) == "Done");
    }
    SECTION("a failure too, by its kind") {
        const auto broken =
            to_line(RunnerResult{.report = tests::run_that_failed(migration::FailureKind::ScriptFailed, "x")});
        CHECK(told(observed(failed("BackoffLimitExceeded"), {ended(1, "Error")}, broken)) == "Done ScriptFailed");
    }
    SECTION("what a runner refuses is told by its own reason") {
        const auto refused = to_line(RunnerRefusal{"SourceDigestMismatch", "others"});
        CHECK(told(observed(failed("BackoffLimitExceeded"), {ended(1, "Error", refused)})) ==
              "Failed SourceDigestMismatch: others");
    }
}

TEST_CASE("a source without a script, for a database without one, is invalid and not up to date") {
    RunnerResult empty{.report = tests::run_that_succeeded(tests::database_with({}, {}))};
    empty.script_count = 0;
    CHECK(told(observed(complete(), {}, to_line(empty))) == "Done InvalidSource");
    empty.report = tests::run_that_succeeded(tests::database_with({"0001_a"}, {}));
    CHECK(told(observed(complete(), {}, to_line(empty))) == "Done");
}

TEST_CASE("the digest of an image that scripts were taken from is that of the container that ran in it") {
    const auto line = to_line(success());
    auto source = ended(0, "Completed", line);
    source.containers.insert(source.containers.begin(), ContainerState{});
    source.containers[0].name = "source";
    source.containers[0].image_id = "example/app@sha256:abc";
    CHECK(std::get<JobEnded>(judge(observed(complete(), {source}))).source_revision == "example/app@sha256:abc");
}

TEST_CASE("of a runner that was told to end, the Job says why") {
    const auto line = to_line(interrupted());
    CHECK(told(observed(active(), {ended(1, "Error")}, line)).starts_with("Runs Migrating"));
    CHECK(
        told(observed(failed("DeadlineExceeded"), {ended(1, "Error")}, line)).starts_with("Failed DeadlineExceeded: "));
    CHECK(
        told(observed(failed("BackoffLimitExceeded"), {ended(1, "Error")}, line)).starts_with("Failed Interrupted: "));
    auto evicted = ended(1, "Error");
    evicted.disruption = {"EvictionByEvictionAPI", "Eviction API: evicting"};
    CHECK(told(observed(active(), {evicted}, line)) ==
          "Failed PodEvicted: the runner's pod was taken away (EvictionByEvictionAPI: Eviction API: evicting)");
    CHECK(pace_of(observed(active(), {evicted}, line)) == migration::Retry::Soon);
}

TEST_CASE("causes for which a pod does not start are told apart while the Job waits for it") {
    const auto waits = [](const std::string& reason, const std::string& message) {
        return told(observed(active(), {runner(json{{"waiting", {{"reason", reason}, {"message", message}}}}.dump())}));
    };
    for (const auto* reason : {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}) {
        CHECK(waits(reason, "m") == "Stuck ImagePullFailed: the image of the container 'runner' cannot be had (" +
                                        std::string(reason) + ": m)");
    }
    CHECK(waits("CreateContainerConfigError", "secret \"shop-db\" not found").starts_with("Stuck SecretNotFound: "));
    CHECK(waits("CreateContainerConfigError", "couldn't find key uri in Secret shop/shop-db")
              .starts_with("Stuck SecretNotFound: "));
    CHECK(waits("CreateContainerConfigError", "configmap \"x\" not found").starts_with("Stuck ContainerNotStarted: "));
    CHECK(waits("CreateContainerError", "m").starts_with("Stuck ContainerNotStarted: "));
    CHECK(waits("ContainerCreating", "") == "Runs Migrating: the Job's pod starts");
    CHECK(
        told(observed(active(), {pod(R"({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
              "reason": "Unschedulable", "message": "0/1 nodes are available"}]})")})) ==
        "Stuck PodUnschedulable: no node takes the runner's pod (0/1 nodes are available)");
    auto refused = observed(active());
    CHECK(told(refused) == "Runs Migrating: the Job's pod starts");
    refused.pod_refusal = "pods \"x\" is forbidden: exceeded quota: small, requested: pods=1";
    CHECK(told(refused).starts_with("Stuck QuotaExceeded: "));
    refused.pod_refusal = "pods \"x\" is forbidden: violates PodSecurity";
    CHECK(told(refused).starts_with("Stuck PodRefused: "));
    auto unmounted = observed(active(), {pod(R"({"phase": "Pending"})")});
    unmounted.mount_failure = R"(MountVolume.SetUp failed for volume "certificates" : secret "shop-ca" not found)";
    CHECK(told(unmounted).starts_with("Stuck SecretNotFound: the runner's pod waits for its volumes ("));
    unmounted.mount_failure = R"(MountVolume.SetUp failed for volume "run" : configmap "x" not found)";
    CHECK(told(unmounted).starts_with("Stuck ContainerNotStarted: "));
}

TEST_CASE("causes by which a Job fails without a result are told apart, each with its pace") {
    const auto job = failed("BackoffLimitExceeded");
    CHECK(told(observed(job, {ended(137, "OOMKilled")})).starts_with("Failed OutOfMemory: "));
    CHECK(pace_of(observed(job, {ended(137, "OOMKilled")})) == migration::Retry::Slowly);
    CHECK(told(observed(job, {ended(139, "Error")})) ==
          "Failed RunnerFailed: the container 'runner' ended with exit code 139 and without a result");
    CHECK(told(observed(complete(), {ended(0, "Completed")})).starts_with("Failed RunnerFailed: "));
    CHECK(told(observed(job, {pod(R"({"phase": "Failed", "reason": "Evicted", "message": "low on memory"})")})) ==
          "Failed PodEvicted: the runner's pod was taken away (Evicted: low on memory)");
    const auto lost = pod(R"({"phase": "Failed", "conditions": [{"type": "DisruptionTarget", "status": "True",
        "reason": "DeletionByTaintManager", "message": "deleting due to NoExecute taint"}]})");
    CHECK(told(observed(job, {lost})).starts_with("Failed NodeLost: "));
    CHECK(pace_of(observed(job, {lost})) == migration::Retry::Soon);
    CHECK(told(observed(failed("DeadlineExceeded"))).starts_with("Failed DeadlineExceeded: "));
    CHECK(told(observed(job)).starts_with("Failed JobLost: "));
    CHECK(told(observed(std::nullopt)).starts_with("Failed JobLost: the Job shop-1f3a9c0d-1 was deleted"));
    CHECK(pace_of(observed(std::nullopt)) == migration::Retry::Soon);
}

TEST_CASE("while it runs, the log's last lines say what a runner does") {
    const auto running = [](const std::string& log) {
        return told(observed(active(), {runner(R"({"running": {}})")}, log));
    };
    const auto waiting =
        to_line(RunnerWaiting{42, std::chrono::milliseconds(900), RunnerSession{4711, "psql", "", "idle"}});
    CHECK(running(waiting + "\n") == "Runs WaitingForLock: waiting for the advisory lock 42, held by pid 4711 (psql)");
    const auto verdict = judge(observed(active(), {}, waiting));
    CHECK(std::get<JobRuns>(verdict).progress.lock->holder->pid == 4711);
    const auto planned = waiting + "\n" + to_line(RunnerPlanned{2}) + "\n";
    CHECK(running(planned) == "Runs Migrating: running 2 scripts");
    const auto started = planned + to_line(RunnerStarted{"0002_b", 2, 2, {}}) + "\n";
    CHECK(running(started + R"({"format":1,"type":"fini)") == "Runs Migrating: running 0002_b, 2 of 2");
    const auto blocked =
        judge(observed(active(), {}, started + to_line(RunnerBlocked{"0002_b", {{7, "app", "", "active"}}})));
    CHECK(std::get<JobRuns>(blocked).progress.running->waiting_on.at(0).pid == 7);
    CHECK_FALSE(std::get<JobRuns>(blocked).progress.lock);
    const auto building = judge(observed(active(), {},
                                         started + to_line(RunnerStatement{"0002_b", 2, 3}) + "\n" +
                                             to_line(RunnerBuilding{"0002_b", "building index", 40})));
    const auto running_script = std::get<JobRuns>(building).progress.running;
    CHECK(running_script->statement == 2);
    CHECK(running_script->statements == 3);
    CHECK(running_script->index_build == api::IndexBuild{"building index", 40});
}

TEST_CASE("a Job can be replaced until one of its containers has begun") {
    CHECK(can_be_replaced(observed(active())));
    CHECK(can_be_replaced(observed(active(), {runner(R"({"waiting": {"reason": "ErrImagePull"}})")})));
    CHECK_FALSE(can_be_replaced(observed(active(), {runner(R"({"running": {}})")})));
    CHECK_FALSE(can_be_replaced(observed(active(), {ended(1, "Error")})));
    CHECK_FALSE(can_be_replaced(observed(failed("x"))));
    CHECK_FALSE(can_be_replaced(observed(std::nullopt)));
}
