#include "app/status_mailbox.hpp"

#include "support/builders.hpp"
#include "support/fake_clock.hpp"
#include "support/scripted_api_server.hpp"

#include <catch2/catch.hpp>

#include <future>

using namespace lockkeeper;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using app::StatusMailbox;
using nlohmann::json;

namespace {

const Script accepted =
    answer(200, R"({"metadata":{"name":"shop","namespace":"shop","uid":"u","resourceVersion":"2"}})");
const Script silence = [](const SeenRequest&, Reply& reply) { reply.stay_silent(); };

constexpr StatusMailbox::Rhythm eager{.pace = 10ms, .patience = 10s};
constexpr StatusMailbox::Rhythm impatient{.pace = 10ms, .patience = 10ms};
constexpr StatusMailbox::Rhythm slow{.pace = 1h, .moment = 1h, .patience = 10s};

/// A mailbox for the new shop at an API server that does as it is told.
struct Fixture {
    ScriptedApiServer server;
    FakeClock clock;
    kube::ApiClient client;
    app::Log log{app::OutputFormat::Text, app::LogLevel::Error};
    app::StatusWriter writer{client, log};
    reconcile::ObservedState observed = new_shop();
    app::AlarmClock alarms;
    StatusMailbox mailbox;

    Fixture(std::vector<Script> scripts, StatusMailbox::Rhythm rhythm)
        : server(in_turn(std::move(scripts))),
          client(server.config(), {.user_agent = "test/1"}, clock, kube::no_log()),
          mailbox(writer, alarms, observed, rhythm) {}

    void post(const std::string& message, StatusMailbox::Urgency urgency) {
        mailbox.post({"Migrating", message}, urgency);
    }
    /// The messages of Ready that were sent, in order.
    std::vector<std::string> sent() const {
        std::vector<std::string> messages;
        for (const auto& request : server.requests()) {
            if (request.method != "PATCH") continue;
            messages.push_back(json::parse(request.body)["status"]["conditions"][0]["message"]);
        }
        return messages;
    }
    bool has_sent(std::size_t count) const {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (sent().size() < count && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(5ms);
        return sent().size() >= count;
    }
};

}  // namespace

TEST_CASE("whoever posts does not wait for an API server that is silent, and neither does the run's end") {
    Fixture fixture({silence}, impatient);
    fixture.post("first", StatusMailbox::Urgency::Now);
    REQUIRE(fixture.has_sent(1));
    fixture.post("second", StatusMailbox::Urgency::Now);
    CHECK(conditions_of(fixture.mailbox.finish().status).empty());
}

TEST_CASE("what is overtaken while a write is under way is never written") {
    std::promise<void> release;
    const Script held = [released = release.get_future().share()](const SeenRequest& request, Reply& reply) {
        released.wait();
        accepted(request, reply);
    };
    Fixture fixture({held, accepted}, eager);
    fixture.post("first", StatusMailbox::Urgency::Now);
    REQUIRE(fixture.has_sent(1));
    for (const std::string message : {"second", "third", "fourth"})
        fixture.post(message, StatusMailbox::Urgency::Paced);
    release.set_value();
    REQUIRE(fixture.has_sent(2));
    const auto& written = fixture.mailbox.finish();
    CHECK(fixture.sent() == std::vector<std::string>{"first", "fourth"});
    CHECK(conditions_of(written.status) == "Ready=Unknown/Progressing Reconciling=True/Migrating");
    CHECK(written.metadata.resource_version == "2");
}

TEST_CASE("of a fast run only what is urgent is written, and that for certain") {
    Fixture fixture({accepted}, slow);
    SECTION("nothing is") {
        fixture.post("looking at the database", StatusMailbox::Urgency::Soon);
        fixture.post("running 0001_customers", StatusMailbox::Urgency::Paced);
        CHECK(conditions_of(fixture.mailbox.finish().status).empty());
        CHECK(fixture.sent().empty());
    }
    SECTION("the beginning is") {
        fixture.post("looking at the database", StatusMailbox::Urgency::Now);
        fixture.mailbox.finish();
        CHECK(fixture.sent() == std::vector<std::string>{"looking at the database"});
    }
}

TEST_CASE("what is to be told soon is told when a moment has passed, whatever overtakes it") {
    Fixture fixture({accepted}, {.pace = 1h, .moment = 10ms, .patience = 10s});
    fixture.post("looking at the database", StatusMailbox::Urgency::Soon);
    fixture.post("running 0001_customers", StatusMailbox::Urgency::Paced);
    CHECK(fixture.has_sent(1));
}

TEST_CASE("a write that fails is made good at the next turn") {
    Fixture fixture({answer(500, "{}"), accepted}, eager);
    fixture.post("running", StatusMailbox::Urgency::Now);
    REQUIRE(fixture.has_sent(2));
    CHECK(conditions_of(fixture.mailbox.finish().status) == "Ready=Unknown/Progressing Reconciling=True/Migrating");
}

TEST_CASE("a condition that stays keeps its time over all that a run tells") {
    Fixture fixture({accepted}, eager);
    fixture.post("first", StatusMailbox::Urgency::Now);
    REQUIRE(fixture.has_sent(1));
    std::this_thread::sleep_for(1100ms);  // of whole seconds
    fixture.post("second", StatusMailbox::Urgency::Now);
    REQUIRE(fixture.has_sent(2));
    fixture.mailbox.finish();
    std::vector<std::string> times;
    for (const auto& request : fixture.server.requests())
        times.push_back(json::parse(request.body)["status"]["conditions"][0]["lastTransitionTime"]);
    CHECK(times.at(0) == times.at(1));
}
