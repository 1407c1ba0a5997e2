#include "migration/run_report.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::migration;

TEST_CASE("the description of a database is bounded but its counts are exact") {
    std::vector<SourceFile> files;
    History history;
    for (int i = 0; i < 100; ++i) {
        const auto stem = std::to_string(100 + i) + "_x";
        if (i >= 50) files.push_back({stem + ".up.sql", "SELECT 1"});
        if (i < 60) {
            history.push_back({Version(stem),
                               "x",
                               checksum_of("SELECT 1"),
                               {},
                               {},
                               std::chrono::system_clock::time_point(std::chrono::seconds(i)),
                               {}});
        }
    }
    const auto state = describe("public.h", history, make_plan(ScriptSet::read(std::move(files)), history, {}));
    CHECK(state.current_version == "159_x");
    CHECK(state.applied_count == 60);
    CHECK(state.pending_count == 40);
    CHECK(state.pending.size() == 20);
    CHECK(state.pending.front() == "160_x");
    CHECK(state.missing_count == 50);
    REQUIRE(state.newest.size() == 10);
    CHECK(state.newest.front().version == "159_x");
}
