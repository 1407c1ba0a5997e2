#include "migration/resume.hpp"

#include "support/builders.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using namespace lockkeeper::migration;

namespace {

const std::string three_statements = "-- lockkeeper:no-transaction\nSELECT 1;\nSELECT 2;\nSELECT 3;\n";

ScriptSet source(const std::string& text = three_statements) {
    return ScriptSet::read(
        {{"1_a.sql", "SELECT 0;"}, {"2_b.up.sql", text}, {"2_b.down.sql", text}, {"3_c.sql", "SELECT 4;"}});
}

AppliedScript row(const std::string& version, const std::string& text) {
    AppliedScript applied{Version(version), version.substr(2), checksum_of(text), {}, {}, tests::noon()};
    return applied;
}

/// 1_a is applied, and of 2_b the first `done` statements.
History stopped_in_b(Direction direction, std::size_t done, std::size_t begun = 0) {
    History history{row("1_a", "SELECT 0;"), row("2_b", three_statements)};
    const auto text = read_script_text({"2_b.sql", three_statements});
    history[1].journal =
        Journal{direction, 3, done, begun, checksum_of_first(three_statements, text, std::max(done, begun))};
    return history;
}

std::string steps_of(const Plan& plan) {
    if (plan.refusal) return std::string(to_string(plan.refusal->kind)) + ": " + plan.refusal->message;
    std::string text;
    for (const auto& step : plan.steps) {
        text += (text.empty() ? "" : ", ") + std::string(to_string(step.direction)) + " " + step.version.text();
        if (step.journal) text += " behind " + std::to_string(step.journal->done);
    }
    return text;
}

}  // namespace

TEST_CASE("a script that stopped in its middle goes on first, behind what it has done") {
    CHECK(steps_of(make_plan(source(), stopped_in_b(Direction::Up, 2), {})) == "up 2_b behind 2, up 3_c");
    CHECK(steps_of(make_plan(source(), stopped_in_b(Direction::Up, 1, 2), {"2_b"})) == "up 2_b behind 1");
}

TEST_CASE("a script that stopped in its middle is neither applied nor missing but pending") {
    const auto plan = make_plan(source(), stopped_in_b(Direction::Up, 2), {});
    CHECK(plan.pending == std::vector{Version("2_b"), Version("3_c")});
    CHECK(plan.missing.empty());
    CHECK(describe("public.h", stopped_in_b(Direction::Up, 2), plan).applied_count == 1);
    CHECK(describe("public.h", stopped_in_b(Direction::Up, 2), plan).current_version == "1_a");
}

TEST_CASE("statements that have run must stay as they were, and those behind them need not") {
    const auto history = stopped_in_b(Direction::Up, 1, 2);
    CHECK(steps_of(make_plan(source("-- lockkeeper:no-transaction\nSELECT 1; /* why */ SELECT 2; SELECT 33; SELECT 4;"),
                             history, {})) == "up 2_b behind 1, up 3_c");
    for (const auto* edited :
         {"-- lockkeeper:no-transaction\nSELECT 1; SELECT 22; SELECT 3;", "-- lockkeeper:no-transaction\nSELECT 1;",
          "-- lockkeeper:no-transaction\nSELECT 11; SELECT 2;"}) {
        const auto plan = make_plan(source(edited), history, {});
        CHECK(steps_of(plan) ==
              "ChecksumMismatch: the first 2 statements of '2_b.up.sql' have run already and were edited "
              "since; undo that edit (statements behind them may change)");
        CHECK(plan.steps.empty());
    }
}

TEST_CASE("an unfinished script is not passed by: neither by a target below it nor when it has left the source") {
    const auto history = stopped_in_b(Direction::Up, 2);
    const auto refusal =
        "StatementInDoubt: 2_b was applied in part (2 of 3 statements) and would be passed by; put its "
        "script back into the source, aim at it or above, or settle it with 'lockkeeper migrate repair'";
    CHECK(steps_of(make_plan(source(), history, {"1_a", Rollback::Allow})) == refusal);
    CHECK(steps_of(make_plan(ScriptSet::read({{"1_a.sql", "SELECT 0;"}, {"3_c.sql", "SELECT 4;"}}), history, {})) ==
          refusal);
}

TEST_CASE("a rollback that stopped in its middle ends first where rolling back is allowed, and else is refused") {
    const auto history = stopped_in_b(Direction::Down, 1);
    CHECK(steps_of(make_plan(source(), history, {"1_a", Rollback::Allow})) == "down 2_b behind 1");
    CHECK(steps_of(make_plan(source(), history, {std::nullopt, Rollback::Allow, Extent::RollBackNewest})) ==
          "down 2_b behind 1");
    CHECK(steps_of(make_plan(source(), history, {std::nullopt, Rollback::Allow})) ==
          "down 2_b behind 1, up 2_b, up 3_c");
    CHECK(steps_of(make_plan(source(), history, {})) ==
          "StatementInDoubt: a rollback of 2_b stopped in its middle (1 of 3 statements); let it end by going down, or "
          "settle it with 'lockkeeper migrate repair'");
}

TEST_CASE("a directive that does not exist is an error that names its line") {
    const auto plan =
        make_plan(ScriptSet::read({{"1_a.sql", "-- by me\n-- lockkeeper:no-transactions\nSELECT 1;"}}), {}, {});
    REQUIRE(plan.refusal);
    CHECK(plan.refusal->message ==
          "there is no directive 'lockkeeper:no-transactions'; there is lockkeeper:no-transaction");
    CHECK(plan.refusal->line == 2);
    CHECK(steps_of(make_plan(ScriptSet::read({{"1_a.sql", "SELECT 1; -- lockkeeper:whatever, in passing"}}), {}, {})) ==
          "up 1_a");
}
