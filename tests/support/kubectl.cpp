#include "support/kubectl.hpp"

#include "support/requirements.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace lockkeeper::tests {
namespace {

std::string unique_name() {
    static int count = 0;
    const auto now = std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds(1);
    return "lk-" + std::to_string(now % 100'000'000) + "-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

/// Standard input of a command goes through a file, never through its arguments.
class InputFile {
  public:
    explicit InputFile(const std::string& text) : path_(std::filesystem::temp_directory_path() / unique_name()) {
        std::ofstream(path_) << text;
    }
    ~InputFile() { std::filesystem::remove(path_); }
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;
    std::string path() const { return path_.string(); }

  private:
    std::filesystem::path path_;
};

}  // namespace

CommandResult kubectl(const std::string& arguments, const std::string& input) {
    require_cluster();
    const InputFile file(input);
    auto* pipe = ::popen(("kubectl " + arguments + " 2>&1 < " + file.path()).c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("cannot start kubectl");
    CommandResult result;
    std::array<char, 4096> buffer{};
    while (const auto size = std::fread(buffer.data(), 1, buffer.size(), pipe))
        result.output.append(buffer.data(), size);
    const int status = ::pclose(pipe);
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 255;
    return result;
}

void install_crd() {
    // Of a CRD that has no conditions yet, which it has not at once, a wait for one ends in an error.
    for (const std::string command :
         {"apply -f " LOCKKEEPER_SOURCE_DIR "/crds/",
          "wait --for=jsonpath='{.status.acceptedNames.plural}'=migrations --timeout=30s crd/migrations.lockkeeper.dev",
          "wait --for=condition=Established --timeout=30s crd/migrations.lockkeeper.dev"}) {
        const auto done = kubectl(command);
        if (done.exit_code != 0) throw std::runtime_error(done.output);
    }
}

TemporaryNamespace::TemporaryNamespace() : name_(unique_name()) {
    const auto made = kubectl("create namespace " + name_);
    if (made.exit_code != 0) throw std::runtime_error(made.output);
    static bool defined = false;
    if (!defined) {
        install_crd();
        defined = true;
    }
}

TemporaryNamespace::~TemporaryNamespace() {
    kubectl("delete migrations.lockkeeper.dev --all --wait=false -n " + name_);
}

void TemporaryNamespace::apply(const nlohmann::json& object) const {
    if (const auto refusal = refusal_of(object); !refusal.empty()) throw std::runtime_error(refusal);
}

std::string TemporaryNamespace::refusal_of(const nlohmann::json& object) const {
    const auto applied = kubectl("apply -n " + name_ + " -f -", object.dump());
    return applied.exit_code == 0 ? std::string() : applied.output;
}

void TemporaryNamespace::apply_secret(const std::string& name, const std::string& uri) const {
    apply({{"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", {{"name", name}}}, {"stringData", {{"uri", uri}}}});
}

void TemporaryNamespace::apply_config_map(const std::string& name, const nlohmann::json& data) const {
    apply({{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", name}}}, {"data", data}});
}

nlohmann::json TemporaryNamespace::get(const std::string& kind, const std::string& name) const {
    const auto got = kubectl("get " + kind + " " + name + " -n " + name_ + " -o json");
    return got.exit_code == 0 ? nlohmann::json::parse(got.output) : nlohmann::json::object();
}

void TemporaryNamespace::remove(const std::string& kind, const std::string& name) const {
    kubectl("delete " + kind + " " + name + " --wait=false -n " + name_);
}

bool TemporaryNamespace::becomes(const std::string& name, const std::string& type, const std::string& expected,
                                 std::chrono::seconds limit) const {
    const bool came = eventually([&] { return condition(get("pgmig", name), type) == expected; }, limit);
    if (!came) UNSCOPED_INFO(get("pgmig", name).dump(2));
    return came;
}

std::vector<std::string> TemporaryNamespace::events_of(const std::string& name) const {
    const auto got = kubectl("get events.events.k8s.io -o json -n " + name_);
    const auto list = nlohmann::json::parse(got.output);
    std::vector<nlohmann::json> events;
    for (const auto& event : list["items"]) {
        if (event["regarding"]["name"] == name) events.push_back(event);
    }
    std::ranges::sort(events, [](const nlohmann::json& left, const nlohmann::json& right) {
        return left["eventTime"] < right["eventTime"];
    });
    std::vector<std::string> reasons;
    for (const auto& event : events) {
        const auto count = event.contains("series") ? event["series"]["count"].get<int>() : 1;
        reasons.push_back(event["reason"].get<std::string>() + (count > 1 ? " x" + std::to_string(count) : ""));
    }
    return reasons;
}

nlohmann::json migration(const std::string& name, const std::string& secret, nlohmann::json spec) {
    spec["database"] = {{"urlFrom", {{"secretKeyRef", {{"name", secret}}}}}};
    // The API server of the tests has no Jobs that run.
    if (!spec.contains("execution")) spec["execution"] = {{"mode", "InProcess"}};
    return {{"apiVersion", "lockkeeper.dev/v1alpha1"},
            {"kind", "Migration"},
            {"metadata", {{"name", name}}},
            {"spec", std::move(spec)}};
}

std::string condition(const nlohmann::json& object, const std::string& type) {
    if (!object.contains("status") || !object["status"].contains("conditions")) return "none";
    for (const auto& entry : object["status"]["conditions"]) {
        if (entry["type"] == type) return entry["status"].get<std::string>() + "/" + entry["reason"].get<std::string>();
    }
    return "none";
}

bool eventually(const std::function<bool()>& predicate, std::chrono::seconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!predicate()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return true;
}

}  // namespace lockkeeper::tests
