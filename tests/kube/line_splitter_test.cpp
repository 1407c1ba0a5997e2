#include "kube/line_splitter.hpp"

#include "kube/http.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using lockkeeper::kube::LineSplitter;
using lockkeeper::kube::TransportError;

namespace {

std::vector<std::string> lines_of(const std::vector<std::string>& chunks, std::size_t longest = 1'000) {
    LineSplitter splitter(longest);
    std::vector<std::string> lines;
    for (const auto& chunk : chunks) {
        splitter.feed(chunk);
        while (auto line = splitter.next()) lines.push_back(*line);
    }
    return lines;
}

}  // namespace

TEST_CASE("lines are the same however their bytes are cut") {
    const std::string text = "{\"a\":\"gr\xC3\xBC\xC3\x9F\"}\n{\"b\":\"\xF0\x9F\x90\x98\"}\n";
    const std::vector<std::string> expected{"{\"a\":\"gr\xC3\xBC\xC3\x9F\"}", "{\"b\":\"\xF0\x9F\x90\x98\"}"};
    CHECK(lines_of({text}) == expected);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        CHECK(lines_of({text.substr(0, cut), text.substr(cut)}) == expected);
    }
    std::vector<std::string> bytes;
    for (const char byte : text) bytes.emplace_back(1, byte);
    CHECK(lines_of(bytes) == expected);
}

TEST_CASE("empty lines are passed over, and a carriage return is part of the line break") {
    CHECK(lines_of({"\n\r\na\r\n\nb\n"}) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a line without an end is a remainder, not a line") {
    LineSplitter splitter(100);
    splitter.feed("whole\nhalf");
    CHECK(splitter.next() == "whole");
    CHECK(splitter.next() == std::nullopt);
    CHECK(splitter.has_remainder());
    splitter.feed("\n");
    CHECK(splitter.next() == "half");
    CHECK_FALSE(splitter.has_remainder());
}

TEST_CASE("a line that is too long is refused before it has come to its end") {
    CHECK(lines_of({std::string(10, 'x') + "\n"}, 10).size() == 1);
    CHECK_THROWS_AS(lines_of({std::string(11, 'x') + "\n"}, 10), TransportError);
    CHECK_THROWS_AS(lines_of({std::string(6, 'x'), std::string(5, 'x')}, 10), TransportError);
}

TEST_CASE("a long line in small pieces is not searched from its beginning again and again") {
    LineSplitter splitter(std::size_t{8} << 20U);
    const std::string piece(1'000, 'x');
    for (int count = 0; count < 8'000; ++count) {
        splitter.feed(piece);
        REQUIRE_FALSE(splitter.next());
    }
    splitter.feed("\n");
    CHECK(splitter.next()->size() == 8'000'000);
}
