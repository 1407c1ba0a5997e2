#include "support/job_player.hpp"

#include "app/source_directory.hpp"
#include "kube/base64.hpp"
#include "support/runners.hpp"

#include <filesystem>
#include <stdexcept>

namespace lockkeeper::tests {
namespace {

using nlohmann::json;

constexpr auto some_time = "2026-03-01T12:00:00Z";

/// The namespace's words for a status that is written past the objects' controllers.
void patch_status(const std::string& ns, const std::string& object, const json& status) {
    const json patch{{"status", status}};
    const auto patched = kubectl(
        "patch " + object + " -n " + ns + " --subresource=status --type=merge --patch-file=/dev/stdin", patch.dump());
    if (patched.exit_code != 0) throw std::runtime_error(patched.output);
}

json condition_of(const std::string& type, const std::string& reason) {
    return {{"type", type},
            {"status", "True"},
            {"reason", reason},
            {"message", ""},
            {"lastTransitionTime", some_time},
            {"lastProbeTime", some_time}};
}

}  // namespace

bool JobPlayer::await_job(int run) {
    return eventually([&] {
        const auto migration = ns_.get("pgmig", migration_);
        if (!migration.contains("status") || migration["status"].value("run", 0) != run) return false;
        job_ = migration["status"]["job"]["name"].get<std::string>();
        return !job().empty();
    });
}

void JobPlayer::make_pod() {
    pod_ = job_ + "-pod";
    const auto job = this->job();
    json pod{{"apiVersion", "v1"}, {"kind", "Pod"}};
    pod["metadata"] = job["spec"]["template"]["metadata"];
    pod["metadata"]["name"] = pod_;
    pod["spec"] = job["spec"]["template"]["spec"];
    pod["spec"]["nodeName"] = "nowhere";
    ns_.apply(pod);
}

void JobPlayer::set_pod_status(const json& status) const {
    patch_status(ns_.name(), "pod/" + pod_, status);
}

void JobPlayer::hold_up(const std::string& reason, const std::string& message) const {
    const json waiting{{"waiting", {{"reason", reason}, {"message", message}}}};
    set_pod_status({{"phase", "Pending"},
                    {"containerStatuses", json::array({{{"name", "runner"},
                                                        {"image", "i"},
                                                        {"imageID", ""},
                                                        {"ready", false},
                                                        {"restartCount", 0},
                                                        {"state", waiting}}})}});
}

std::string JobPlayer::url() const {
    const auto env = job()["spec"]["template"]["spec"]["containers"][0]["env"][0]["valueFrom"]["secretKeyRef"];
    const auto secret = ns_.get("secret", env["name"].get<std::string>());
    return kube::decode_base64(secret["data"][env["key"].get<std::string>()].get<std::string>()).value();
}

void JobPlayer::start() {
    std::filesystem::remove_all(folder_.path(""));
    folder_.write("termination-log", "");
    std::filesystem::create_directories(folder_.path("scripts"));
    const auto volumes = job()["spec"]["template"]["spec"]["volumes"];
    const auto description = ns_.get("configmap", volumes[0]["configMap"]["name"].get<std::string>());
    folder_.write("run.json", description["data"]["run.json"].get<std::string>());
    for (const auto& source : volumes[1].value("/projected/sources"_json_pointer, json::array())) {
        const auto map = ns_.get("configmap", source["configMap"]["name"].get<std::string>());
        for (const auto& [name, text] : map["data"].items()) folder_.write("scripts/" + name, text.get<std::string>());
    }
    const std::vector<std::string> command{LOCKKEEPER_BINARY,   "run",
                                           "--description",     folder_.path("run.json").string(),
                                           "--source",          folder_.path("scripts").string(),
                                           "--termination-log", folder_.path("termination-log").string()};
    runner_ = std::make_unique<Process>(command, database_variable(url()));
    set_pod_status({{"phase", "Running"},
                    {"containerStatuses", json::array({{{"name", "runner"},
                                                        {"image", "i"},
                                                        {"imageID", ""},
                                                        {"ready", true},
                                                        {"restartCount", 0},
                                                        {"state", {{"running", {{"startedAt", some_time}}}}}}})}});
}

int JobPlayer::finish(std::optional<int> signal) {
    const int code = signal ? runner_->end(*signal) : runner_->wait();
    const json terminated{{"exitCode", code},
                          {"reason", code == 0 ? "Completed" : "Error"},
                          {"message", app::read_file(folder_.path("termination-log"))},
                          {"startedAt", some_time},
                          {"finishedAt", some_time}};
    set_pod_status({{"phase", code == 0 ? "Succeeded" : "Failed"},
                    {"containerStatuses", json::array({{{"name", "runner"},
                                                        {"image", "i"},
                                                        {"imageID", ""},
                                                        {"ready", false},
                                                        {"restartCount", 0},
                                                        {"state", {{"terminated", terminated}}}}})}});
    return code;
}

void JobPlayer::set_job_status(const json& status) const {
    patch_status(ns_.name(), "job/" + job_, status);
}

void JobPlayer::complete() const {
    set_job_status(
        {{"startTime", some_time},
         {"completionTime", some_time},
         {"succeeded", 1},
         {"conditions",
          {condition_of("SuccessCriteriaMet", "CompletionsReached"), condition_of("Complete", "CompletionsReached")}}});
}

void JobPlayer::fail(const std::string& reason) const {
    set_job_status({{"startTime", some_time},
                    {"failed", 1},
                    {"conditions", {condition_of("FailureTarget", reason), condition_of("Failed", reason)}}});
}

void JobPlayer::play(int run) {
    if (!await_job(run)) throw std::runtime_error("there is no Job of run " + std::to_string(run));
    make_pod();
    start();
    if (finish() == 0) {
        complete();
    } else {
        fail("BackoffLimitExceeded");
    }
}

}  // namespace lockkeeper::tests
