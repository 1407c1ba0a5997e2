#include "kube/list_page.hpp"

#include "kube/http.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace lockkeeper::kube;
using nlohmann::json;

namespace {

struct Parsed {
    ListPage page;
    std::vector<json> items;
};

Parsed parse(const std::string& body) {
    Parsed parsed;
    parsed.page = parse_list_page(body, [&](const json& item) { parsed.items.push_back(item); });
    return parsed;
}

}  // namespace

TEST_CASE("a page's items are handed out one by one and whole") {
    const auto parsed = parse(R"({"kind":"List","metadata":{"resourceVersion":"7","continue":"more"},
        "items":[{"metadata":{"name":"a","labels":{"x":"y"}},"data":{"k":{"deep":[{"er":1}]}}},{"metadata":{"name":"b"}}]})");
    REQUIRE(parsed.items.size() == 2);
    CHECK(parsed.items[0] ==
          json::parse(R"({"metadata":{"name":"a","labels":{"x":"y"}},"data":{"k":{"deep":[{"er":1}]}}})"));
    CHECK(parsed.items[1]["metadata"]["name"] == "b");
    CHECK(parsed.page.resource_version == "7");
    CHECK(parsed.page.continue_token == "more");
}

TEST_CASE("metadata may come after the items, as it does for custom resources") {
    const auto parsed = parse(R"({"items":[{"metadata":{"name":"a"}}],"kind":"L","metadata":{"resourceVersion":"8"}})");
    CHECK(parsed.items.size() == 1);
    CHECK(parsed.page.resource_version == "8");
    CHECK(parsed.page.continue_token.empty());
}

TEST_CASE("an empty list is a list, also where items is null") {
    CHECK(parse(R"({"items":[],"metadata":{"resourceVersion":"1"}})").items.empty());
    CHECK(parse(R"({"items":null,"metadata":{"resourceVersion":"1"}})").page.resource_version == "1");
}

TEST_CASE("what is no list is refused without a word of it") {
    for (const std::string body :
         {"", "<html>secret</html>", R"({"items":[{"secret":)", R"({"kind":"Secret"})", "[]"}) {
        try {
            parse(body);
            FAIL("accepted: " + body);
        } catch (const TransportError& error) {
            CHECK(error.kind() == TransportError::Kind::Garbled);
            CHECK_THAT(error.what(), !Catch::Matchers::Contains("secret"));
        }
    }
}
