#include "kube/watch_stream.hpp"

#include "kube/api_error.hpp"
#include "support/scripted_api_server.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace lockkeeper;
using namespace lockkeeper::kube;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

namespace {

std::string added(const std::string& name, const std::string& version) {
    return R"({"type":"ADDED","object":{"metadata":{"name":")" + name + R"(","resourceVersion":")" + version +
           "\"}}}\n";
}

/// What a watch of these chunks brings: names, and at its end how it ended.
Strings watch(const Script& script, std::chrono::milliseconds idle_limit = 10s) {
    ScriptedApiServer server(script);
    const auto transport = connect_transport(server.config(), {});
    HttpRequest request;
    request.method = "GET";
    request.path = "/watch";
    WatchStream stream(transport->open(request, {}), idle_limit);
    Strings seen;
    try {
        while (const auto event = stream.next({})) seen.push_back(event->object["metadata"]["name"]);
        seen.emplace_back("end");
    } catch (const ApiError& error) {
        seen.emplace_back(error.what());
    } catch (const TransportError& error) {
        seen.push_back("transport error " + std::to_string(static_cast<int>(error.kind())));
    }
    return seen;
}

Script chunks(const Strings& texts) {
    return [texts](const SeenRequest&, Reply& reply) {
        reply.begin_chunks(200);
        for (const auto& text : texts) reply.chunk(text);
        reply.end_chunks();
    };
}

std::string trouble(TransportError::Kind kind) {
    return "transport error " + std::to_string(static_cast<int>(kind));
}

}  // namespace

TEST_CASE("a watch brings its events, however they are cut into chunks, and then its end") {
    const auto two = added("gr\xC3\xBC\xC3\x9F", "1") + added("b", "2");
    const Strings expected{"gr\xC3\xBC\xC3\x9F", "b", "end"};
    CHECK(watch(chunks({two})) == expected);
    const auto inside_a_character = two.find("\xBC");
    CHECK(watch(chunks({two.substr(0, inside_a_character), two.substr(inside_a_character)})) == expected);
}

TEST_CASE("an error inside a watch is thrown with its status") {
    CHECK(watch(chunks({added("a", "1"), R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}})"
                                         "\n"})) == Strings{"a", "watch: 410 Expired"});
}

TEST_CASE("a watch that is cut in the middle of a line is lost, not ended") {
    const Script cut = [](const SeenRequest&, Reply& reply) {
        reply.begin_chunks(200);
        reply.chunk(added("a", "1") + "{\"type\":");
        reply.end_chunks();
    };
    CHECK(watch(cut) == Strings{"a", trouble(TransportError::Kind::Lost)});
}

TEST_CASE("a watch that is silent for longer than allowed is idle") {
    const Script silent = [](const SeenRequest&, Reply& reply) {
        reply.begin_chunks(200);
        reply.chunk(added("a", "1"));
        reply.stay_silent();
    };
    CHECK(watch(silent, 50ms) == Strings{"a", trouble(TransportError::Kind::Idle)});
}

TEST_CASE("garbage in a watch is told as such") {
    CHECK(watch(chunks({added("a", "1") + "<html>\n"})) == Strings{"a", trouble(TransportError::Kind::Garbled)});
}

TEST_CASE("a line without an end is given up when it is too long") {
    const Script endless_line = [](const SeenRequest&, Reply& reply) {
        reply.begin_chunks(200);
        while (reply.is_open()) reply.chunk(std::string(100'000, 'x'));
    };
    CHECK(watch(endless_line) == Strings{trouble(TransportError::Kind::Garbled)});
}
