#include "kube/event_recorder.hpp"
#include "support/kubectl.hpp"
#include "support/requirements.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::kube;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using nlohmann::json;

TEST_CASE("a real API server stores an event, and its repeats as a series of it") {
    const TemporaryNamespace ns;
    SystemClock clock;
    ApiClient client(load_client_config({.kubeconfig = require_cluster(), .context = {}}, Environment::of_process()),
                     {.user_agent = "test/1"}, clock, no_log());
    std::vector<std::string> complaints;
    {
        EventRecorder recorder(
            client, {.reporter = {"lockkeeper.dev/controller", "pod-1"}, .field_manager = "lockkeeper"},
            [&](LogLevel, std::string_view, const LogFields& fields) { complaints.push_back(fields.at(0).second); });
        for (int i = 0; i < 5; ++i) {
            recorder.record({{"lockkeeper.dev/v1alpha1", "Migration", {ns.name(), "shop"}, "some-uid"},
                             EventType::Warning,
                             "ScriptFailed",
                             "Migrate",
                             std::string(2000, 'x')});
        }
    }
    CHECK(complaints.empty());
    const auto events = json::parse(kubectl("get events.events.k8s.io -o json -n " + ns.name()).output)["items"];
    REQUIRE(events.size() == 1);
    CHECK(events[0]["reason"] == "ScriptFailed");
    CHECK(events[0]["type"] == "Warning");
    CHECK(events[0]["series"]["count"] == 5);
    CHECK(events[0]["regarding"]["name"] == "shop");
    CHECK(events[0]["note"].get<std::string>().size() == 1024);
    CHECK(events[0]["reportingController"] == "lockkeeper.dev/controller");
}
