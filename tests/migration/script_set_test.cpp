#include "support/script_sets.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::migration;
using namespace lockkeeper::tests;

TEST_CASE("up and down scripts of one stem are one version") {
    const auto set = ScriptSet::read({{"0001_a.up.sql", "UP"}, {"0001_a.down.sql", "DOWN"}, {"0002_b.sql", "UP"}});
    REQUIRE(versions_of(set) == std::vector<std::string>{"0001_a", "0002_b"});
    CHECK(set.scripts()[0].name == "a");
    CHECK(set.scripts()[0].down->text == "DOWN");
    CHECK_FALSE(set.scripts()[1].down);
}

TEST_CASE("scripts run in the order of their numbers, then of their names") {
    const auto set =
        ScriptSet::read({{"10_a.sql", ""}, {"9_b.sql", ""}, {"9_a.sql", ""}, {"1.10_x.sql", ""}, {"1.9_x.sql", ""}});
    CHECK(versions_of(set) == std::vector<std::string>{"1.9_x", "1.10_x", "9_a", "9_b", "10_a"});
}

TEST_CASE("hidden files are passed over in silence, other files with a warning") {
    const auto set = ScriptSet::read({{"..data", ""}, {"README.md", ""}, {"0001_a.up.sql", ""}});
    CHECK(set.scripts().size() == 1);
    REQUIRE(set.warnings().size() == 1);
    CHECK_THAT(set.warnings()[0], Catch::Contains("'README.md' is not a script"));
}

TEST_CASE("the same version twice names both files") {
    CHECK_THAT(refusal_of({{"0001_a.up.sql", ""}, {"0001_a.sql", ""}}),
               Catch::Contains("0001_a.up.sql") && Catch::Contains("0001_a.sql"));
    CHECK_THAT(refusal_of({{"1_a.sql", ""}, {"001_a.sql", ""}}),
               Catch::Contains("1_a.sql") && Catch::Contains("but for zeros"));
}

TEST_CASE("a down script without its up script is refused") {
    CHECK_THAT(refusal_of({{"0001_a.down.sql", ""}}), Catch::Contains("has no up script"));
}

TEST_CASE("a script is found by its exact version") {
    const auto set = ScriptSet::read({{"01_a.sql", ""}, {"2_b.sql", ""}});
    CHECK(set.find("01_a") != nullptr);
    CHECK(set.find("1_a") == nullptr);
    CHECK(set.find("") == nullptr);
}
