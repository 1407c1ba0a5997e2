#include "api/durations.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::api;
using namespace std::chrono_literals;
using Catch::Contains;

TEST_CASE("a duration is read as Go reads it") {
    CHECK(parse_duration("0") == 0ms);
    CHECK(parse_duration("5s") == 5s);
    CHECK(parse_duration("1m30s") == 90s);
    CHECK(parse_duration("500ms") == 500ms);
    CHECK(parse_duration("90m") == 90min);
    CHECK(parse_duration("1h0m0s1ms") == 3'600'001ms);
    CHECK(parse_duration("576h") == 576h);
}

TEST_CASE("a text that is no duration is refused with what to write instead") {
    const auto text = GENERATE(as<std::string>(), "", "5", "5 s", "s", "-5s", "1.5s", "5S", "5sec", "1s1m", "5s5s",
                               "5us", "1d", "00", "123456h", "1m30");
    INFO(text);
    CHECK_THROWS_WITH(parse_duration(text), Contains("'" + text + "'") && Contains("1m30s"));
}

TEST_CASE("a duration beyond PostgreSQL's milliseconds is refused") {
    CHECK_THROWS_WITH(parse_duration("577h"), Contains("at most 576h"));
    CHECK_THROWS_WITH(parse_duration("576h1ms"), Contains("at most 576h"));
}

TEST_CASE("a long text is not repeated at length") {
    CHECK_THROWS_WITH(parse_duration(std::string(5'000, 'x')), !Contains(std::string(41, 'x')));
}

TEST_CASE("a duration prints as the shortest text that reads back") {
    const auto text = GENERATE(as<std::string>(), "0", "1ms", "12ms", "5s", "1m30s", "10m", "1h", "576h", "1h1m1s1ms");
    CHECK(format_duration(parse_duration(text)) == text);
    CHECK(format_duration(-5ms) == "0");
    CHECK(format_duration(60s) == "1m");
}
