#include "kube/reflector.hpp"

#include "kube/object_cache.hpp"
#include "support/fake_clock.hpp"
#include "support/scripted_api_server.hpp"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace lockkeeper;
using namespace lockkeeper::kube;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using nlohmann::json;
using Strings = std::vector<std::string>;

namespace {

json item(const std::string& name, const std::string& version) {
    return {{"metadata", {{"namespace", "shop"}, {"name", name}, {"resourceVersion", version}}}};
}

Script page(const std::vector<json>& items, const std::string& version, const std::string& continue_token = "") {
    return answer(
        200, json{{"items", items}, {"metadata", {{"resourceVersion", version}, {"continue", continue_token}}}}.dump());
}

std::string event(const std::string& type, const json& object) {
    return json{{"type", type}, {"object", object}}.dump() + "\n";
}

/// A watch that brings these events and then stays open.
Script watch(const Strings& events) {
    return [events](const SeenRequest&, Reply& reply) {
        reply.begin_chunks(200);
        for (const auto& text : events) reply.chunk(text);
        reply.stay_silent();
    };
}

/// A watch that brings these events and ends as it should.
Script watch_to_its_end(const Strings& events) {
    return [events](const SeenRequest&, Reply& reply) {
        reply.begin_chunks(200);
        for (const auto& text : events) reply.chunk(text);
        reply.end_chunks();
    };
}

Script status(int code, const std::string& reason) {
    return answer(code, json{{"kind", "Status"}, {"code", code}, {"reason", reason}}.dump());
}

std::string request_line(const SeenRequest& request) {
    const auto value = [&](const std::string& key) {
        return request.query.contains(key) ? request.query.at(key) : std::string();
    };
    if (request.query.contains("watch")) return "watch " + value("resourceVersion");
    return request.query.contains("continue") ? "list " + value("continue") : "list";
}

/// A reflector of a scripted server, with a clock that takes no time, and all that it tells.
class Running {
  public:
    explicit Running(std::vector<Script> scripts, std::chrono::milliseconds idle_limit = 10s,
                     std::chrono::milliseconds deadline = 30s)
        : server_(in_turn(std::move(scripts))),
          client_(server_.config(), {.user_agent = "test/1", .deadline = deadline}, clock_, no_log()),
          cache_([](const json& object) { return ObjectMeta::of(object).resource_version; },
                 [this](const NamespacedName& key, const auto& before, const auto& after) {
                     tell(key.name + " " + (before ? *before : "-") + " > " + (after ? *after : "-"));
                 },
                 no_log()),
          reflector_(
              client_,
              {.selection = {.collection = {{"", "v1", "configmaps"}, ""}},
               .page_size = 2,
               .idle_limit = idle_limit,
               .random = [] { return 0.0; }},
              cache_, clock_,
              [this](LogLevel, std::string_view message, const LogFields&) { tell("log: " + std::string(message)); }),
          thread_([this](const std::stop_token& stop) { reflector_.run(stop); }) {}

    /// All that was told, once there is as much as expected.
    Strings told(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, 20s, [&] { return told_.size() >= count; });
        return told_;
    }

    /// All requests, once there are as many as expected.
    Strings requests(std::size_t count) {
        const auto until = std::chrono::steady_clock::now() + 20s;
        while (server_.request_count() < count && std::chrono::steady_clock::now() < until) std::this_thread::yield();
        Strings lines;
        for (const auto& request : server_.requests()) lines.push_back(request_line(request));
        return lines;
    }

    bool wait_for_sync() { return cache_.wait_for_sync(20s, {}); }
    ScriptedApiServer& server() { return server_; }
    FakeClock& clock() { return clock_; }
    const Reflector& reflector() const { return reflector_; }

    std::chrono::milliseconds stop() {
        const auto began = std::chrono::steady_clock::now();
        thread_.request_stop();
        thread_.join();
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    }

  private:
    void tell(const std::string& what) {
        const std::lock_guard lock(mutex_);
        told_.push_back(what);
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    Strings told_;
    ScriptedApiServer server_;
    FakeClock clock_;
    ApiClient client_;
    ObjectCache<std::string> cache_;
    Reflector reflector_;
    std::jthread thread_;
};

}  // namespace

TEST_CASE("objects are listed page by page, and then their changes are followed") {
    Running running({page({item("a", "1"), item("b", "2")}, "10", "p2"), page({item("c", "3")}, "10"),
                     watch({event("MODIFIED", item("a", "11")), event("DELETED", item("b", "12")),
                            event("ADDED", item("d", "13"))})});
    CHECK(running.told(6) == Strings{"a - > 1", "b - > 2", "c - > 3", "a 1 > 11", "b 2 > -", "d - > 13"});
    CHECK(running.requests(3) == Strings{"list", "list p2", "watch 10"});
    CHECK(running.wait_for_sync());
}

TEST_CASE("a watch goes on from the last bookmark, and after a silence too") {
    Running running({page({}, "10"), watch_to_its_end({event("BOOKMARK", item("", "20"))}),
                     watch({event("BOOKMARK", item("", "30"))}), watch({})},
                    100ms);
    const auto requests = running.requests(4);
    CHECK(Strings(requests.begin(), requests.begin() + 4) == Strings{"list", "watch 10", "watch 20", "watch 30"});
}

TEST_CASE("an expired version is listed again, whether a status tells it or the watch") {
    Running running({page({item("a", "1"), item("b", "2")}, "10"), status(410, "Expired"),
                     page({item("a", "1"), item("c", "15")}, "20"),
                     watch({event("ERROR", {{"kind", "Status"}, {"code", 410}, {"reason", "Gone"}})}),
                     page({item("c", "25")}, "30"), watch({})});
    CHECK(running.told(6) == Strings{"a - > 1", "b - > 2", "b 2 > -", "c - > 15", "a 1 > -", "c 15 > 25"});
    CHECK(running.requests(6) == Strings{"list", "watch 10", "list", "watch 20", "list", "watch 30"});
}

TEST_CASE("a continue token that has expired begins the list again, and what it had brought does not count") {
    Running running(
        {page({item("a", "1")}, "10", "p2"), status(410, "Expired"), page({item("b", "2")}, "20"), watch({})});
    CHECK(running.told(1) == Strings{"b - > 2"});
    CHECK(running.requests(4) == Strings{"list", "list p2", "list", "watch 20"});
}

TEST_CASE("a watch that is cut goes on at the same version") {
    Running running({page({}, "10"),
                     [](const SeenRequest&, Reply& reply) {
                         reply.begin_chunks(200);
                         reply.chunk(event("ADDED", item("a", "11")) + R"({"type":"ADD)");
                         reply.cut();
                     },
                     watch({event("ADDED", item("b", "12"))})});
    CHECK(running.told(4) ==
          Strings{"a - > 11", "log: cannot list and watch; trying on", "b - > 12", "log: list and watch work again"});
    CHECK(running.requests(3) == Strings{"list", "watch 10", "watch 11"});
}

TEST_CASE("a server that was away is followed on at the same version, and that is logged once") {
    Running running(
        {page({}, "10"), watch({event("ADDED", item("a", "11"))}), watch({event("ADDED", item("b", "12"))})});
    CHECK(running.told(1) == Strings{"a - > 11"});
    running.server().stop();
    while (running.clock().sleeps().size() < 5) std::this_thread::yield();
    CHECK(running.reflector().trouble().has_value());
    running.server().start();
    CHECK(running.told(4) ==
          Strings{"a - > 11", "log: cannot list and watch; trying on", "b - > 12", "log: list and watch work again"});
    CHECK_FALSE(running.reflector().trouble());
    CHECK(running.requests(3) == Strings{"list", "watch 10", "watch 11"});
}

TEST_CASE("being denied is logged once, shown, and never given up") {
    Running running({status(403, "Forbidden"), status(403, "Forbidden"), status(403, "Forbidden"),
                     page({item("a", "1")}, "10"), watch({})});
    CHECK(running.told(3) ==
          Strings{"log: cannot list and watch; trying on", "a - > 1", "log: list and watch work again"});
    CHECK(running.clock().sleeps() == std::vector<std::chrono::milliseconds>{800ms, 1600ms, 3200ms});
}

TEST_CASE("a kind that does not exist yet is waited for, which is logged once in words of its own") {
    Running running({status(404, "NotFound"), status(404, "NotFound"), status(404, "NotFound"), status(404, "NotFound"),
                     page({item("a", "1")}, "10"), watch({})});
    CHECK(running.told(3) ==
          Strings{"log: the API server has no such kind of object; waiting until its CRD is installed", "a - > 1",
                  "log: list and watch work again"});
    // A CRD that comes is missed for two seconds, or four with jitter, at most.
    CHECK(running.clock().sleeps() == std::vector<std::chrono::milliseconds>{800ms, 1600ms, 2000ms, 2000ms});
}

TEST_CASE("throttling of a watch is waited for, at the same version") {
    Running running(
        {page({}, "10"), answer(429, "", {{"Retry-After", "7"}}), watch({event("ADDED", item("a", "11"))})});
    running.told(3);
    CHECK(running.requests(3) == Strings{"list", "watch 10", "watch 10"});
    CHECK(running.clock().sleeps() == std::vector<std::chrono::milliseconds>{7s});
}

TEST_CASE("garbage, in a list or a watch, is listed again after a pause") {
    Running running(
        {answer(200, "{\"items\":["), page({}, "10"), watch({"<html>\n"}), page({item("a", "1")}, "20"), watch({})});
    running.told(5);
    CHECK(running.requests(5) == Strings{"list", "list", "watch 10", "list", "watch 20"});
    CHECK(running.clock().sleeps() == std::vector<std::chrono::milliseconds>{800ms, 1600ms});
}

TEST_CASE("a watch that is cut into bytes, also inside a character, and one with a line of 2 MiB are understood") {
    auto object = item("gr\xC3\xBC\xC3\x9F", "11");
    const auto slowly = [text = event("ADDED", object)](const SeenRequest&, Reply& reply) {
        reply.begin_chunks(200);
        for (const char byte : text) reply.chunk(std::string(1, byte));
        reply.end_chunks();
    };
    auto large = item("large", "12");
    large["data"] = std::string(2 << 20, 'x');
    Running running({page({}, "10"), slowly, watch({event("ADDED", large)})});
    CHECK(running.told(2) == Strings{"gr\xC3\xBC\xC3\x9F - > 11", "large - > 12"});
    CHECK(running.requests(3) == Strings{"list", "watch 10", "watch 11"});
    CHECK(running.clock().sleeps().empty());
}

TEST_CASE("a line that never ends is given up, and what it was part of is listed again") {
    const auto endless = [](const SeenRequest&, Reply& reply) {
        reply.begin_chunks(200);
        while (reply.is_open()) reply.chunk(std::string(100'000, 'x'));
    };
    Running running({page({}, "10"), endless, page({item("a", "1")}, "20"), watch({})});
    CHECK(running.told(3) ==
          Strings{"log: cannot list and watch; trying on", "a - > 1", "log: list and watch work again"});
}

TEST_CASE("a peer that has died in the middle of a list, and a storm of 429, are waited for and asked again") {
    const Script half = [](const SeenRequest&, Reply& reply) {
        reply.begin_chunks(200);
        reply.chunk("{\"items\":[");
        reply.stay_silent();  // what it is like when the machine at the other end is gone
    };
    std::vector<Script> scripts{half};
    for (int count = 0; count < 25; ++count) scripts.push_back(answer(429, "", {{"Retry-After", "1"}}));
    scripts.push_back(page({item("a", "1")}, "10"));
    scripts.push_back(watch({}));
    Running running(std::move(scripts), 10s, 300ms);
    CHECK(running.told(4).at(2) == "a - > 1");
    CHECK(running.requests(28).back() == "watch 10");
}

TEST_CASE("watches that end as soon as they begin are begun later and later") {
    const auto cut_short = watch_to_its_end({});
    Running running({page({}, "10"), cut_short, cut_short, cut_short, watch({})});
    CHECK(running.requests(5) == Strings{"list", "watch 10", "watch 10", "watch 10", "watch 10"});
    CHECK(running.clock().sleeps() == std::vector<std::chrono::milliseconds>{800ms, 1600ms, 3200ms});
}

TEST_CASE("a stop ends a reflector at once: inside a watch, and inside a list that hangs") {
    Running watching({page({}, "10"), watch({})});
    watching.requests(2);
    CHECK(watching.stop() < 2s);
    Running listing({[](const SeenRequest&, Reply& reply) { reply.stay_silent(); }});
    listing.requests(1);
    CHECK(listing.stop() < 2s);
}
