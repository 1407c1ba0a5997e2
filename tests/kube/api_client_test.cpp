#include "kube/api_client.hpp"

#include "support/scripted_api_client.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace lockkeeper;
using namespace lockkeeper::kube;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using nlohmann::json;
using Fixture = ScriptedApiClient;
using Strings = std::vector<std::string>;

namespace {

const Resource config_maps{"", "v1", "configmaps"};
const ObjectRef shop{config_maps, {"shop", "scripts"}};

std::string status(int code, const std::string& reason) {
    return json{{"kind", "Status"}, {"code", code}, {"reason", reason}}.dump();
}

const Script fine = answer(200, R"({"kind":"ConfigMap","metadata":{"name":"scripts"}})");

}  // namespace

TEST_CASE("an object is got by its path, with the token and the name of who asks") {
    Fixture fixture({fine});
    CHECK(fixture.client.get(shop, {})["metadata"]["name"] == "scripts");
    const auto seen = fixture.seen();
    CHECK(seen.method == "GET");
    CHECK(seen.path == "/api/v1/namespaces/shop/configmaps/scripts");
    CHECK(seen.headers.at("authorization") == "Bearer a-token");
    CHECK(seen.headers.at("user-agent") == "test/1");
}

TEST_CASE("paths of groups and of cluster-scoped kinds are made right") {
    CHECK(Collection{{"batch", "v1", "jobs"}, "shop"}.path() == "/apis/batch/v1/namespaces/shop/jobs");
    CHECK(Collection{{"batch", "v1", "jobs"}, ""}.path() == "/apis/batch/v1/jobs");
    CHECK(ObjectRef{{"", "v1", "namespaces"}, {"", "shop"}}.path() == "/api/v1/namespaces/shop");
    CHECK(ObjectRef{config_maps, {"shop", "../x?y"}}.path() == "/api/v1/namespaces/shop/configmaps/..%2Fx%3Fy");
    CHECK(NamespacedName::parse("shop/a").to_string() == "shop/a");
    CHECK(NamespacedName::parse("node").space.empty());
}

TEST_CASE("a page of a list is asked for by its limit, its token and its selectors, and may be of metadata alone") {
    Fixture fixture({answer(200, R"({"items":[{"metadata":{"name":"a"}}],"metadata":{"resourceVersion":"7"}})")});
    Strings names;
    const Selection selection{
        .collection = {config_maps, ""}, .representation = Representation::Metadata, .label_selector = "app=shop"};
    const auto page = fixture.client.list(selection, {.limit = 50, .continue_token = "t/="},
                                          [&](const json& item) { names.push_back(item["metadata"]["name"]); }, {});
    CHECK(names == Strings{"a"});
    CHECK(page.resource_version == "7");
    const auto seen = fixture.seen();
    CHECK(seen.path == "/api/v1/configmaps");
    CHECK(seen.query == std::map<std::string, std::string>{
                            {"limit", "50"}, {"continue", "t%2F%3D"}, {"labelSelector", "app%3Dshop"}});
    CHECK(seen.headers.at("accept") == "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
}

TEST_CASE("a watch asks for bookmarks and for its own end") {
    Fixture fixture({[](const SeenRequest&, Reply& reply) {
        reply.begin_chunks(200);
        reply.chunk("{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\"}}}\n");
        reply.end_chunks();
    }});
    auto stream = fixture.client.watch({.collection = {config_maps, "shop"}}, {.resource_version = "7"}, {});
    CHECK(stream.next({})->resource_version == "9");
    CHECK_FALSE(stream.next({}));
    CHECK(fixture.seen().query ==
          std::map<std::string, std::string>{
              {"watch", "true"}, {"allowWatchBookmarks", "true"}, {"resourceVersion", "7"}, {"timeoutSeconds", "300"}});
}

TEST_CASE("a watch that is refused is an error with the server's reason") {
    Fixture fixture({answer(410, status(410, "Expired"))});
    try {
        fixture.client.watch({.collection = {config_maps, ""}}, {.resource_version = "7"}, {});
        FAIL("a watch, where a refusal was expected");
    } catch (const ApiError& error) {
        CHECK(error.failure() == ApiFailure::Gone);
        CHECK_THAT(error.what(), Contains("watch /api/v1/configmaps: 410 Expired"));
    }
}

TEST_CASE("an apply sends all fields of its manager, by force") {
    Fixture fixture({fine});
    fixture.client.apply(shop, {{"status", {{"note", "gr\xC3\xBC\xC3\x9F \xFF"}}}},
                         {.field_manager = "lockkeeper", .subresource = "status"}, {});
    const auto seen = fixture.seen();
    CHECK(seen.method == "PATCH");
    CHECK(seen.path == "/api/v1/namespaces/shop/configmaps/scripts/status");
    CHECK(seen.query == std::map<std::string, std::string>{{"fieldManager", "lockkeeper"}, {"force", "true"}});
    CHECK(seen.headers.at("content-type") == "application/apply-patch+yaml");
    CHECK(seen.headers.at("accept") == "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
    CHECK(json::parse(seen.body)["status"]["note"] == "gr\xC3\xBC\xC3\x9F \xEF\xBF\xBD");
}

TEST_CASE("an object is removed with what it owns where that is asked for") {
    Fixture fixture({fine});
    fixture.client.remove({{"batch", "v1", "jobs"}, {"shop", "shop-1"}}, Propagation::Background, {});
    CHECK(fixture.seen().method == "DELETE");
    CHECK(fixture.seen().path == "/apis/batch/v1/namespaces/shop/jobs/shop-1");
    CHECK(fixture.seen().query.at("propagationPolicy") == "Background");
}

TEST_CASE("the last lines of a container's log are read as they are, and what keeps them is told") {
    Fixture fixture({answer(200, "{\"a\":1}\nno JSON\n"), answer(404, status(404, "NotFound"))});
    const LogRequest log{.container = "runner", .tail_lines = 7, .limit_bytes = 1'000};
    CHECK(fixture.client.read_log({"shop", "shop-1-x"}, log, {}) == "{\"a\":1}\nno JSON\n");
    const auto seen = fixture.seen();
    CHECK(seen.path == "/api/v1/namespaces/shop/pods/shop-1-x/log");
    CHECK(seen.query.at("container") == "runner");
    CHECK(seen.query.at("tailLines") == "7");
    CHECK(seen.query.at("limitBytes") == "1000");
    CHECK_THROWS_AS(fixture.client.read_log({"shop", "shop-1-x"}, log, {}), ApiError);
}

TEST_CASE("objects are created and removed") {
    Fixture fixture({answer(201, "{}"), answer(200, status(200, ""))});
    fixture.client.create({config_maps, "shop"}, {{"metadata", {{"name", "a"}}}}, {});
    fixture.client.remove(shop, {});
    CHECK(fixture.seen(0).method == "POST");
    CHECK(fixture.seen(0).headers.at("content-type") == "application/json");
    CHECK(fixture.seen(1).method == "DELETE");
    CHECK(fixture.seen(1).path == "/api/v1/namespaces/shop/configmaps/scripts");
}

TEST_CASE("a throttled request is sent again after as long as the server asks") {
    Fixture fixture({answer(429, "", {{"Retry-After", "3"}}), answer(503, "", {{"Retry-After", "1"}}), fine});
    fixture.client.get(shop, {});
    CHECK(fixture.clock.sleeps() == std::vector<std::chrono::milliseconds>{3s, 1s});
}

TEST_CASE("a server that throttles for ever is given up after ten tries") {
    Fixture fixture({answer(429, status(429, "TooManyRequests"), {{"Retry-After", "1"}})});
    CHECK_THROWS_WITH(fixture.client.get(shop, {}), Contains("429 TooManyRequests"));
    CHECK(fixture.server.request_count() == 10);
}

TEST_CASE("what a server asks to wait for too long, or for nothing, is the caller's") {
    Fixture fixture({answer(429, "", {{"Retry-After", "3600"}}), answer(500, "")});
    CHECK_THROWS_AS(fixture.client.get(shop, {}), ApiError);
    CHECK_THROWS_AS(fixture.client.get(shop, {}), ApiError);
    CHECK(fixture.server.request_count() == 2);
    CHECK(fixture.clock.sleeps().empty());
}

TEST_CASE("a stop ends the wait for a server that throttles") {
    Fixture fixture({answer(429, "", {{"Retry-After", "1"}})});
    std::stop_source stop;
    // The fake clock's sleep takes no time, so the stop is there when it returns.
    std::stop_callback none(stop.get_token(), [] {});
    stop.request_stop();
    CHECK_THROWS_AS(fixture.client.get(shop, stop.get_token()), TransportError);
}

TEST_CASE("a read or an apply whose connection was lost is sent once more, a creation is not") {
    const Script cut = [](const SeenRequest&, Reply& reply) { reply.cut(); };
    Fixture reading({cut, fine});
    CHECK(reading.client.get(shop, {}).contains("metadata"));
    Fixture applying({cut, fine});
    CHECK(applying.client.apply(shop, json::object(), {.field_manager = "m"}, {}).key.name == "scripts");
    Fixture creating({cut, fine});
    CHECK_THROWS_AS(creating.client.create({config_maps, "shop"}, json::object(), {}), TransportError);
    CHECK(creating.server.request_count() == 1);
}

TEST_CASE("an apply succeeds after the server has restarted, however many connections had been kept") {
    std::atomic<int> waiting{0};
    const Script together = [&](const SeenRequest&, Reply& reply) {
        ++waiting;
        while (waiting < 4) std::this_thread::yield();  // so that each has a connection of its own
        reply.send(200, R"({"metadata":{"name":"scripts"}})");
    };
    Fixture fixture({together});
    {
        std::vector<std::jthread> users;
        for (int user = 0; user < 4; ++user) users.emplace_back([&] { fixture.client.get(shop, {}); });
    }
    fixture.server.stop();
    fixture.server.start();
    const json large{{"data", {{"text", std::string(500'000, 'x')}}}};
    CHECK(fixture.client.apply(shop, large, {.field_manager = "m"}, {}).key.name == "scripts");
    CHECK(fixture.server.requests().back().connection > 4);
}

TEST_CASE("a creation over a kept connection that ends may arrive twice: the HTTP library sends it again") {
    Fixture fixture({fine, [](const SeenRequest&, Reply& reply) { reply.cut(); }, fine});
    fixture.client.get(shop, {});
    fixture.client.create({config_maps, "shop"}, json::object(), {});
    CHECK(fixture.seen(1).method == "POST");
    CHECK(fixture.seen(2).method == "POST");
}

TEST_CASE("an apply over a kept connection that ends may arrive twice, and says the same each time") {
    Fixture fixture({fine, [](const SeenRequest&, Reply& reply) { reply.cut(); }, fine});
    fixture.client.get(shop, {});
    CHECK(fixture.client.apply(shop, {{"data", {{"a", "b"}}}}, {.field_manager = "m"}, {}).key.name == "scripts");
    CHECK(fixture.seen(1).method == "PATCH");
    CHECK(fixture.seen(2).body == fixture.seen(1).body);
}

TEST_CASE(
    "a peer that falls silent on a kept connection is given up at the deadline, and the next request gets another") {
    const Script silence = [](const SeenRequest&, Reply& reply) { reply.stay_silent(); };
    ScriptedApiServer server(in_turn({fine, silence, fine}));
    FakeClock clock;
    ApiClient client(server.config(), {.user_agent = "test/1", .deadline = 300ms}, clock, no_log());
    client.get(shop, {});
    try {
        client.apply(shop, json::object(), {.field_manager = "m"}, {});
        FAIL("an answer, where silence was expected");
    } catch (const TransportError& error) {
        CHECK(error.kind() == TransportError::Kind::Timeout);
    }
    CHECK(client.get(shop, {}).contains("metadata"));
    CHECK(server.requests().back().connection > server.requests().at(1).connection);
}

TEST_CASE("an answer that is no JSON is an error without a word of it") {
    Fixture fixture({answer(200, "<html>hunter2</html>")});
    CHECK_THROWS_WITH(fixture.client.get(shop, {}), Contains("no JSON") && !Contains("hunter2"));
}

TEST_CASE("what the server warns of is logged once") {
    const Script warning = answer(200, "{}", {{"Warning", R"(299 - "v1beta1 is deprecated", 299 - "unknown \"x\"")"}});
    Fixture fixture({warning, warning});
    fixture.client.get(shop, {});
    fixture.client.get(shop, {});
    CHECK(fixture.warnings == Strings{"v1beta1 is deprecated", "unknown \"x\""});
}

TEST_CASE("the token is in no error") {
    Fixture fixture({answer(403, status(403, "Forbidden")), [](const SeenRequest&, Reply& reply) { reply.cut(); }});
    CHECK_THROWS_WITH(fixture.client.get(shop, {}), !Contains("a-token"));
    CHECK_THROWS_WITH(fixture.client.get(shop, {}), !Contains("a-token"));
}
