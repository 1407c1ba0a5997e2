#include "migration/reached.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::migration;

namespace {

History history_of(const std::vector<std::string>& versions) {
    History history;
    for (const auto& version : versions) {
        AppliedScript row{Version(version), "", "", std::nullopt, std::nullopt, {}};
        history.push_back(row);
    }
    return history;
}

ScriptSet source_of(const std::vector<std::string>& versions) {
    std::vector<SourceFile> files;
    for (const auto& version : versions) files.push_back({version + ".up.sql", "SELECT 1;"});
    return ScriptSet::read(std::move(files));
}

bool is_reached(const std::vector<std::string>& applied, const std::string& wanted) {
    return reached(history_of(applied), wanted, nullptr).yes;
}

}  // namespace

TEST_CASE("a version is reached by itself and by every later one, compared by number and then by name") {
    CHECK(is_reached({"0003_orders"}, "0003_orders"));
    CHECK(is_reached({"0010_items"}, "0009_orders"));
    CHECK(is_reached({"10_items"}, "9_orders"));
    CHECK_FALSE(is_reached({"9_items"}, "10_orders"));
    CHECK(is_reached({"1.10"}, "1.9"));
    CHECK_FALSE(is_reached({"0003_a"}, "0003_b"));
    CHECK_FALSE(is_reached({}, "1"));
}

TEST_CASE("a number is reached by any script of that number, however many zeros it is written with") {
    CHECK(is_reached({"0003_orders"}, "3"));
    CHECK(is_reached({"0003_orders"}, "0003"));
    CHECK_FALSE(is_reached({"0003_orders"}, "4"));
}

TEST_CASE("what is applied in part, and what is repeatable, reaches no version") {
    auto history = history_of({"1_a", "2_b", "R__views"});
    history[1].journal.emplace();
    const auto result = reached(history, "2", nullptr);
    CHECK_FALSE(result.yes);
    CHECK(result.current == "1_a");
}

TEST_CASE("with a source, a script that came out of order is waited for") {
    const auto source = source_of({"1_a", "2_b", "3_c", "4_d"});
    const auto result = reached(history_of({"1_a", "3_c"}), "3_c", &source);
    CHECK_FALSE(result.yes);
    CHECK(result.lacking == "2_b");
    CHECK(reached(history_of({"1_a", "2_b", "3_c"}), "3_c", &source).yes);
    CHECK(reached(history_of({"1_a", "3_c"}), "3_c", nullptr).yes);
}

TEST_CASE("a version that the source has not is told at once, with the highest that there is") {
    const auto source = source_of({"1_a", "2_b"});
    CHECK_FALSE(not_in_source("2_b", source));
    CHECK_FALSE(not_in_source("2", source));
    CHECK(not_in_source("3", source)->message == "the source has no version '3'; its highest is 2_b");
    CHECK(not_in_source("2_c", source));
    CHECK(not_in_source("1", ScriptSet())->message == "the source has no version '1'; it holds no script");
}
