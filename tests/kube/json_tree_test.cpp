#include "kube/json_tree.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace lockkeeper::kube;
using nlohmann::json;

TEST_CASE("a tree is what the text says, whatever its values are") {
    for (
        const std::string text :
        {R"({"a":{"b":[1,-2,3.5,18446744073709551615,"t\u00fc",true,false,null,[],{}]},"c":{"d":{"e":"f"}},"g":[[1],[2,[3]]]})",
         R"([])", R"({})", R"("text")", R"(7)", R"(null)", R"([{"items":[{"a":1}]}])"}) {
        const auto tree = parse_json_tree(text);
        CHECK_FALSE(tree.wrong_byte);
        CHECK(tree.value == json::parse(text));
    }
    CHECK(parse_json_tree(R"({"a":1,"a":2})").value == json{{"a", 2}});
    CHECK(parse_json_tree(R"({"b":1,"a":{"y":1,"x":2},"c":3})").value ==
          json::parse(R"({"a":{"x":2,"y":1},"b":1,"c":3})"));
}

TEST_CASE("a text is read as it is wherever it leaves ASCII, or escapes") {
    for (std::size_t at = 0; at < 20; ++at) {
        INFO(at);
        const std::string before(at, 'x');
        const std::string after(20 - at, 'x');
        const auto word = before + "\xC3\xA9" + after;
        CHECK(parse_json_tree("[\"" + word + "\"]").value == json::array({word}));
        CHECK(parse_json_tree("[\"" + before + "\\u00e9" + after + "\"]").value == json::array({word}));
        CHECK(parse_json_tree("[\"" + before + "\xFF" + after + "\"]").wrong_byte == at + 3);
    }
}

TEST_CASE("who manages which field is left out, and nothing else of that name") {
    const auto tree = parse_json_tree(
        R"({"metadata":{"name":"a","managedFields":[{"fieldsV1":{"f:spec":{"f:x":{}}}},{"manager":"m"}],"uid":"u"},
            "object":{"metadata":{"managedFields":"none","labels":{"metadata":"x","managedFields":"y"}}},
            "data":{"managedFields":{"kept":1}},"managedFields":[1]})");
    CHECK(tree.value == json::parse(R"({"metadata":{"name":"a","uid":"u"},
            "object":{"metadata":{"labels":{"metadata":"x","managedFields":"y"}}},
            "data":{"managedFields":{"kept":1}},"managedFields":[1]})"));
}

TEST_CASE("the items of a list are handed out and do not stay, what is below them is theirs") {
    std::vector<json> items;
    const auto tree = parse_json_tree(
        R"({"metadata":{"resourceVersion":"7"},"items":[{"items":[{"a":1},{"b":[{"items":[{}]}]}]},
            {"metadata":{"name":"x","managedFields":[{}]}}],"more":[{"items":[{"c":1}]}]})",
        [&](const json& item) { items.push_back(item); });
    CHECK(items == std::vector<json>{json::parse(R"({"items":[{"a":1},{"b":[{"items":[{}]}]}]})"),
                                     json::parse(R"({"metadata":{"name":"x"}})")});
    CHECK(tree.value == json::parse(R"({"metadata":{"resourceVersion":"7"},"items":[],"more":[{"items":[{"c":1}]}]})"));
}

TEST_CASE("a text that is no JSON has no value, and says where it goes wrong") {
    CHECK(parse_json_tree(R"({"a":1,})").wrong_byte == 8);
    for (const std::string text : {"", "{", R"({"a":1,})", "[1,2", R"({"a":"\xFF"})", "{}x", "1e999"}) {
        const auto tree = parse_json_tree(text);
        INFO(text);
        CHECK(tree.wrong_byte);
        CHECK(tree.value.is_null());
    }
}
