#include "kube/lease_lock.hpp"

#include "support/fake_clock.hpp"
#include "support/scripted_api_server.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::kube;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const std::string path = "/apis/coordination.k8s.io/v1/namespaces/shop/leases";

json stored(const std::string& version, const std::string& holder) {
    return {{"apiVersion", "coordination.k8s.io/v1"},
            {"kind", "Lease"},
            {"metadata",
             {{"namespace", "shop"}, {"name", "lock"}, {"resourceVersion", version}, {"labels", {{"team", "a"}}}}},
            {"spec", {{"holderIdentity", holder}, {"leaseDurationSeconds", 15}}}};
}

std::string status(int code, const std::string& reason) {
    return json{{"kind", "Status"}, {"code", code}, {"reason", reason}}.dump();
}

struct Fixture {
    explicit Fixture(std::vector<Script> scripts) : server(in_turn(std::move(scripts))) {}

    ScriptedApiServer server;
    FakeClock clock;
    ApiClient client{server.config(), {.user_agent = "test/1", .tries = 1}, clock, no_log()};
    ApiLeaseLock lock{client, {"shop", "lock"}};
};

}  // namespace

TEST_CASE("a lease is replaced at the version that was seen last, with all that others put on it") {
    Fixture fixture({answer(200, stored("7", "a").dump()), answer(200, stored("8", "b").dump()),
                     answer(200, stored("9", "b").dump())});
    CHECK(fixture.lock.read({})->holder == "a");
    LeaseRecord record{.holder = "b", .duration = 15s, .acquire_time = "t", .renew_time = "t", .transitions = 1};
    fixture.lock.replace(record, {});
    fixture.lock.replace(record, {});
    const auto requests = fixture.server.requests();
    REQUIRE(requests.size() == 3);
    CHECK(requests[0].method == "GET");
    CHECK(requests[1].method == "PUT");
    CHECK(requests[1].path == path + "/lock");
    const auto first = json::parse(requests[1].body);
    CHECK(first["metadata"]["resourceVersion"] == "7");
    CHECK(first["metadata"]["labels"]["team"] == "a");
    CHECK(first["spec"]["holderIdentity"] == "b");
    CHECK(json::parse(requests[2].body)["metadata"]["resourceVersion"] == "8");
}

TEST_CASE("a lease that is not there is nothing, and is made with its name") {
    Fixture fixture({answer(404, status(404, "NotFound")), answer(201, stored("1", "a").dump())});
    CHECK_FALSE(fixture.lock.read({}));
    fixture.lock.create({.holder = "a", .duration = 15s, .acquire_time = "t", .renew_time = "t", .transitions = 0}, {});
    const auto seen = fixture.server.requests().at(1);
    CHECK(seen.method == "POST");
    CHECK(seen.path == path);
    const auto lease = json::parse(seen.body);
    CHECK(lease["metadata"]["name"] == "lock");
    CHECK(lease["spec"]["leaseDurationSeconds"] == 15);
}

TEST_CASE("a lost race and a busy server are the caller's to know, at once") {
    Fixture fixture({answer(409, status(409, "Conflict")),
                     answer(429, status(429, "TooManyRequests"), {{"Retry-After", "30"}}),
                     answer(403, status(403, "Forbidden"))});
    const auto failure = [](const auto& work) {
        try {
            work();
        } catch (const ApiError& error) {
            return error.failure();
        }
        return ApiFailure::Other;
    };
    CHECK(failure([&] { fixture.lock.replace({}, {}); }) == ApiFailure::Conflict);
    CHECK(failure([&] { fixture.lock.read({}); }) == ApiFailure::Throttled);
    CHECK(failure([&] { fixture.lock.read({}); }) == ApiFailure::Forbidden);
    CHECK(fixture.clock.sleeps().empty());
}
