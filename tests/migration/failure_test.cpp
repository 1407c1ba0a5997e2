#include "migration/failure.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::migration;

TEST_CASE("a SQLSTATE says whether another try is worth it") {
    for (const auto* transient : {"08006", "53300", "57P01", "57P03", "40001", "40P01", "55P03"}) {
        INFO(transient);
        CHECK(retry_of(classify_sqlstate(transient)) == Retry::Soon);
    }
    for (const auto* slow : {"28P01", "28000", "3D000", "25006"}) {
        INFO(slow);
        CHECK(retry_of(classify_sqlstate(slow)) == Retry::Slowly);
    }
    for (const auto* permanent : {"42601", "42P01", "23505", "22012", "57014", "P0001", "25001", "XX000", ""}) {
        INFO(permanent);
        CHECK(classify_sqlstate(permanent) == FailureKind::ScriptFailed);
        CHECK(retry_of(classify_sqlstate(permanent)) == Retry::Never);
    }
}

TEST_CASE("the name of every kind of failure reads back, and no other") {
    for (int i = 0; i <= static_cast<int>(FailureKind::AdoptionRefused); ++i) {
        const auto kind = static_cast<FailureKind>(i);
        INFO(to_string(kind));
        CHECK(parse_failure_kind(to_string(kind)) == kind);
    }
    CHECK_FALSE(parse_failure_kind(""));
    CHECK_FALSE(parse_failure_kind("scriptfailed"));
}
