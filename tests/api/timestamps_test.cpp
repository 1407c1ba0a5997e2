#include "api/timestamps.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::api;

namespace {

std::string round_trip(std::string_view text) {
    const auto timestamp = parse_timestamp(text);
    return timestamp ? to_string(*timestamp) : "nothing";
}

}  // namespace

TEST_CASE("a timestamp reads back what it printed") {
    const auto text = GENERATE(as<std::string>(), "1970-01-01T00:00:00Z", "2026-01-31T08:09:10Z",
                               "2024-02-29T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z");
    CHECK(round_trip(text) == text);
}

TEST_CASE("a timestamp with an offset or a fraction becomes UTC and whole seconds") {
    CHECK(round_trip("2026-01-01T00:30:00+01:00") == "2025-12-31T23:30:00Z");
    CHECK(round_trip("2026-01-01T00:30:00-05:30") == "2026-01-01T06:00:00Z");
    CHECK(round_trip("2026-01-01T00:00:00.999999Z") == "2026-01-01T00:00:00Z");
    CHECK(round_trip("2026-01-01t00:00:00z") == "2026-01-01T00:00:00Z");
}

TEST_CASE("what is no RFC 3339 is no timestamp") {
    const auto text =
        GENERATE(as<std::string>(), "", "yesterday", "2026-01-01", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00",
                 "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
                 "2026-01-01T00:00:60Z", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+25:00",
                 "+026-01-01T00:00:00Z", "2026-1-01T00:00:00Z");
    INFO(text);
    CHECK_FALSE(parse_timestamp(text));
}
