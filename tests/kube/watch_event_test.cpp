#include "kube/watch_event.hpp"

#include "kube/http.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::kube;
using Type = WatchEvent::Type;

TEST_CASE("an event has a type, an object and the version to go on from") {
    const auto event =
        decode_watch_event(R"({"type":"MODIFIED","object":{"metadata":{"name":"a","resourceVersion":"12"}}})");
    CHECK(event.type == Type::Modified);
    CHECK(event.resource_version == "12");
    CHECK(event.object["metadata"]["name"] == "a");
    CHECK(decode_watch_event(R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}}})").type == Type::Added);
    CHECK(decode_watch_event(R"({"type":"DELETED","object":{"metadata":{"resourceVersion":"1"}}})").type ==
          Type::Deleted);
}

TEST_CASE("a bookmark is a version alone") {
    const auto event = decode_watch_event(
        R"({"type":"BOOKMARK","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"99"}}})");
    CHECK(event.type == Type::Bookmark);
    CHECK(event.resource_version == "99");
}

TEST_CASE("an error is a status without a version") {
    const auto event =
        decode_watch_event(R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}})");
    CHECK(event.type == Type::Error);
    CHECK(event.object["code"] == 410);
}

TEST_CASE("what is no event is refused without a word of it") {
    for (const std::string line :
         {"secret", "[1]", R"({"object":{"metadata":{"resourceVersion":"1"}}})", R"({"type":"secret","object":{}})",
          R"({"type":"ADDED"})", R"({"type":"ADDED","object":7})", R"({"type":"ADDED","object":{"metadata":{}}})",
          R"({"type":7,"object":{}})", R"({"type":"ADDED","object":{"metadata":{"resourceVersion":12}}})"}) {
        try {
            decode_watch_event(line);
            FAIL("accepted: " + line);
        } catch (const TransportError& error) {
            CHECK(error.kind() == TransportError::Kind::Garbled);
            CHECK_THAT(error.what(), !Catch::Matchers::Contains("secret"));
        }
    }
}
