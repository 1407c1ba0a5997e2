#include "kube/observed_transport.hpp"

#include "kube/api_client.hpp"
#include "support/fake_clock.hpp"
#include "support/scripted_api_server.hpp"

#include <catch2/catch.hpp>

#include <mutex>

using namespace lockkeeper::kube;
using namespace lockkeeper::tests;

namespace {

struct Recorder : RequestObserver {
    void answered(const std::string& method, const std::string& code,
                  std::chrono::steady_clock::duration /*duration*/) override {
        const std::lock_guard lock(mutex);
        seen.push_back(method + " " + code);
    }
    std::mutex mutex;
    std::vector<std::string> seen;
};

const ObjectRef config_map{{"", "v1", "configmaps"}, {"shop", "scripts"}};

}  // namespace

TEST_CASE("an observer is told of every request with its code, repeated ones too") {
    ScriptedApiServer server(in_turn({answer(429, "{}", {{"Retry-After", "1"}}), answer(200, "{}"), answer(404, "{}"),
                                      [](const SeenRequest&, Reply& reply) { reply.cut(); }}));
    FakeClock clock;
    Recorder recorder;
    ApiClient client(server.config(), {.user_agent = "test/1", .observer = &recorder}, clock, no_log());
    client.get(config_map, {});
    CHECK_THROWS_AS(client.remove(config_map, {}), ApiError);
    CHECK_THROWS_AS(client.get(config_map, {}), TransportError);
    CHECK(recorder.seen == std::vector<std::string>{"GET 429", "GET 200", "DELETE 404", "GET <error>", "GET <error>"});
}

TEST_CASE("what was broken off by a stop says nothing about the server") {
    ScriptedApiServer server([](const SeenRequest&, Reply& reply) { reply.stay_silent(); });
    FakeClock clock;
    Recorder recorder;
    ApiClient client(server.config(), {.user_agent = "test/1", .observer = &recorder}, clock, no_log());
    std::stop_source stop;
    stop.request_stop();
    CHECK_THROWS_AS(client.get(config_map, stop.get_token()), TransportError);
    CHECK(recorder.seen.empty());
}
