#include "kube/event_recorder.hpp"

#include "support/fake_clock.hpp"
#include "support/scripted_api_server.hpp"

#include <catch2/catch.hpp>

#include <future>

using namespace lockkeeper::kube;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const Script stored = answer(201, R"({"metadata":{"name":"e"}})");
const Script silence = [](const SeenRequest&, Reply& reply) { reply.stay_silent(); };

Event event(const std::string& reason) {
    return {{"lockkeeper.dev/v1alpha1", "Migration", {"ns", "shop"}, "uid"}, EventType::Normal, reason, "Migrate", "x"};
}

using Pace = EventRecorder::Pace::Limits;

/// A recorder at an API server that does as it is told.
struct Fixture {
    ScriptedApiServer server;
    FakeClock clock;
    std::vector<std::string> complaints;
    ApiClient client;
    std::optional<EventRecorder> recorder;

    explicit Fixture(std::vector<Script> scripts, std::chrono::milliseconds time_to_flush = 10s, Pace pace = {100, 1ms},
                     std::chrono::milliseconds row = 1ms)
        : server(in_turn(std::move(scripts))), client(server.config(), {.user_agent = "test/1"}, clock, no_log()) {
        recorder.emplace(
            client,
            EventRecorder::Options{.reporter = {"lockkeeper.dev/controller", "pod-1"},
                                   .field_manager = "lockkeeper",
                                   .longest_queue = 2,
                                   .pace = pace,
                                   .row = row,
                                   .first_pause = 1ms,
                                   .time_to_flush = time_to_flush},
            [this](LogLevel, std::string_view message, const LogFields&) { complaints.emplace_back(message); });
    }
    /// Ends the recorder, and gives the reasons of all that was sent, with the count of a series.
    std::vector<std::string> sent() {
        recorder.reset();
        std::vector<std::string> events;
        for (const auto& request : server.requests()) {
            const auto object = json::parse(request.body);
            const auto count = object.value("/series/count"_json_pointer, 1);
            events.push_back(object["reason"].get<std::string>() + (count > 1 ? " x" + std::to_string(count) : ""));
        }
        return events;
    }
    bool was_asked(std::size_t times) const {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (server.request_count() < times && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(5ms);
        return server.request_count() >= times;
    }
};

using Reasons = std::vector<std::string>;

}  // namespace

TEST_CASE("an event is created under its own name in the namespace of its subject") {
    Fixture fixture({stored});
    fixture.recorder->record(event("UpToDate"));
    CHECK(fixture.sent() == Reasons{"UpToDate"});
    const auto request = fixture.server.requests().at(0);
    CHECK(request.method == "POST");
    CHECK(request.path == "/apis/events.k8s.io/v1/namespaces/ns/events");
    const auto object = json::parse(request.body);
    CHECK_THAT(object["metadata"]["name"].get<std::string>(), Catch::StartsWith("shop."));
    CHECK(object["reportingInstance"] == "pod-1");
}

TEST_CASE("repeats go into the series of the first event, the untold ones at the end") {
    Fixture fixture({stored});
    for (std::size_t i = 1; i <= 4; ++i) {
        fixture.recorder->record(event("UpToDate"));
        if (i < 3) REQUIRE(fixture.was_asked(i));
        std::this_thread::sleep_for(20ms);
    }
    CHECK(fixture.sent() == Reasons{"UpToDate", "UpToDate x2", "UpToDate x4"});
    const auto requests = fixture.server.requests();
    const auto name = json::parse(requests.front().body)["metadata"]["name"].get<std::string>();
    CHECK(requests.back().method == "PATCH");
    CHECK(requests.back().path == requests.front().path + "/" + name);
}

TEST_CASE("neither whoever records nor the end of the process waits for an API server that is silent") {
    Fixture fixture({silence}, 10ms);
    fixture.recorder->record(event("UpToDate"));
    REQUIRE(fixture.was_asked(1));
    fixture.recorder->record(event("Suspended"));
    CHECK(fixture.sent() == Reasons{"UpToDate"});
}

TEST_CASE("beyond the length of the queue the newest events are dropped") {
    std::promise<void> release;
    const Script held = [released = release.get_future().share()](const SeenRequest& request, Reply& reply) {
        released.wait();
        stored(request, reply);
    };
    Fixture fixture({held, stored});
    fixture.recorder->record(event("First"));
    REQUIRE(fixture.was_asked(1));
    for (const std::string reason : {"A", "B", "C", "D"}) fixture.recorder->record(event(reason));
    release.set_value();
    CHECK(fixture.sent() == Reasons{"First", "A", "B"});
}

TEST_CASE("an event that the server has trouble with is tried again") {
    Fixture fixture({answer(500, "{}"), stored});
    fixture.recorder->record(event("UpToDate"));
    CHECK(fixture.was_asked(2));
    CHECK(fixture.sent() == Reasons{"UpToDate", "UpToDate"});
    CHECK(fixture.complaints.empty());
}

TEST_CASE("an event that an earlier try has stored, although its answer was lost, is not news") {
    Fixture fixture({[](const SeenRequest&, Reply& reply) { reply.cut(); },
                     answer(409, R"({"kind":"Status","code":409,"reason":"AlreadyExists"})")});
    fixture.recorder->record(event("UpToDate"));
    CHECK(fixture.was_asked(2));
    CHECK(fixture.sent() == Reasons{"UpToDate", "UpToDate"});
    CHECK(fixture.complaints.empty());
}

TEST_CASE("many events at once are stored at a pace, but for the end, which does not wait") {
    Fixture slow({stored}, 10s, {1, 1h});
    slow.recorder->record(event("A"));
    REQUIRE(slow.was_asked(1));
    slow.recorder->record(event("B"));
    std::this_thread::sleep_for(50ms);
    CHECK(slow.server.request_count() == 1);
    CHECK(slow.sent() == Reasons{"A", "B"});
    Fixture steady({stored}, 10s, {1, 20ms});
    for (const std::string reason : {"A", "B"}) steady.recorder->record(event(reason));
    CHECK(steady.was_asked(2));
}

TEST_CASE("events that the pace holds up go in rows") {
    Fixture fixture({stored}, 10s, {1, 1s}, 1h);
    for (const std::string reason : {"A", "B"}) fixture.recorder->record(event(reason));
    REQUIRE(fixture.was_asked(1));
    std::this_thread::sleep_for(1100ms);
    CHECK(fixture.server.request_count() == 1);
    CHECK(fixture.sent() == Reasons{"A", "B"});
}

TEST_CASE(
    "a bucket gives as many tokens in a row as it holds, then one at a time, and none for a clock that steps back") {
    const std::chrono::steady_clock::time_point begin;
    TokenBucket<std::chrono::steady_clock::time_point> bucket({2, 10s}, begin);
    CHECK(bucket.take(begin));
    CHECK(bucket.time_to_next(begin) == 0s);
    CHECK(bucket.take(begin));
    CHECK_FALSE(bucket.take(begin));
    CHECK(bucket.time_to_next(begin) == 10s);
    CHECK_FALSE(bucket.take(begin - 1h));
    CHECK_FALSE(bucket.take(begin - 1h + 9s));
    CHECK(bucket.take(begin - 1h + 10s));
    CHECK(bucket.take(begin + 1h));
    CHECK(bucket.take(begin + 1h));
    CHECK_FALSE(bucket.take(begin + 1h));
}

TEST_CASE("an event that is forbidden is dropped, and complained of once") {
    Fixture fixture({answer(403, R"({"kind":"Status","code":403,"reason":"Forbidden"})")});
    fixture.recorder->record(event("UpToDate"));
    REQUIRE(fixture.was_asked(1));
    fixture.recorder->record(event("Suspended"));
    CHECK(fixture.sent() == Reasons{"UpToDate", "Suspended"});
    CHECK(fixture.complaints == Reasons{"Events cannot be stored"});
}
