#include "migration/plan.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::migration;

namespace {

ScriptSet source(std::vector<SourceFile> files) {
    return ScriptSet::read(std::move(files));
}

/// What the history holds after these files were applied, a second apart, in this order.
History applied(const std::vector<SourceFile>& files) {
    History history;
    std::chrono::system_clock::time_point at{};
    for (const auto& file : files) {
        const auto set = ScriptSet::read({file});
        const auto& script = set.scripts().front();
        history.push_back({script.version,
                           script.name,
                           script.up_checksum,
                           std::nullopt,
                           std::nullopt,
                           at += std::chrono::seconds(1),
                           {}});
    }
    return history;
}

std::vector<std::string> steps_of(const Plan& plan) {
    std::vector<std::string> steps;
    for (const auto& step : plan.steps)
        steps.push_back(std::string(to_string(step.direction)) + " " + step.version.text());
    return steps;
}

FailureKind refusal_of(const Plan& plan) {
    REQUIRE(plan.refusal);
    CHECK(plan.steps.empty());
    return plan.refusal->kind;
}

using Texts = std::vector<std::string>;

const SourceFile a{"0001_a.up.sql", "SELECT 1"};
const SourceFile b{"0002_b.up.sql", "SELECT 2"};
const SourceFile c{"0003_c.up.sql", "SELECT 3"};
const SourceFile b_down{"0002_b.down.sql", "SELECT -2"};
const SourceFile c_down{"0003_c.down.sql", "SELECT -3"};

Goal to(std::string target, Rollback rollback = Rollback::Forbid) {
    return {std::move(target), rollback, Extent::ToGoal};
}

}  // namespace

TEST_CASE("without a target all pending scripts run, in order") {
    CHECK(steps_of(make_plan(source({c, a, b}), applied({a}), {})) == Texts{"up 0002_b", "up 0003_c"});
    CHECK(steps_of(make_plan(source({a}), applied({a}), {})).empty());
}

TEST_CASE("a target ends the run there, and only what lies below it is pending") {
    const auto plan = make_plan(source({a, b, c}), {}, to("0002_b"));
    CHECK(steps_of(plan) == Texts{"up 0001_a", "up 0002_b"});
    CHECK(plan.pending.size() == 2);
}

TEST_CASE("a target may be a number where that is unambiguous") {
    CHECK(steps_of(make_plan(source({a, b, c}), {}, to("2"))) == Texts{"up 0001_a", "up 0002_b"});
    const SourceFile twin{"0002_z.up.sql", "SELECT 4"};
    const auto plan = make_plan(source({a, b, twin}), {}, to("2"));
    CHECK(refusal_of(plan) == FailureKind::InvalidSource);
    CHECK_THAT(plan.refusal->message, Catch::Contains("'0002_b'") && Catch::Contains("'0002_z'"));
}

TEST_CASE("a target that does not exist is refused and the newest is named") {
    const auto plan = make_plan(source({a, b}), {}, to("0009"));
    CHECK(refusal_of(plan) == FailureKind::InvalidSource);
    CHECK_THAT(plan.refusal->message, Catch::Contains("'0009'") && Catch::Contains("'0002_b'"));
}

TEST_CASE("a missing script is reported and never rolled back") {
    const auto plan = make_plan(source({a}), applied({a, b}), {});
    CHECK(steps_of(plan).empty());
    CHECK_FALSE(plan.refusal);
    CHECK(plan.missing == std::vector<Version>{Version("0002_b")});
    CHECK(make_plan(source({}), applied({a, b}), {}).missing.size() == 2);
}

TEST_CASE("an edited script is refused and named") {
    const auto plan = make_plan(source({{a.name, "SELECT 99"}, b}), applied({a}), {});
    CHECK(refusal_of(plan) == FailureKind::ChecksumMismatch);
    CHECK_THAT(plan.refusal->message, Catch::Contains("'0001_a.up.sql' was edited"));
}

TEST_CASE("a renamed script is refused rather than run again") {
    const auto plan = make_plan(source({a, {"0002_new_name.up.sql", b.text}}), applied({a, b}), {});
    CHECK(refusal_of(plan) == FailureKind::ChecksumMismatch);
    CHECK_THAT(plan.refusal->message, Catch::Contains("0002_b") && Catch::Contains("under another name"));
}

TEST_CASE("a script inserted below the applied version is refused") {
    CHECK(refusal_of(make_plan(source({a, b, c}), applied({a, c}), {})) == FailureKind::OutOfOrder);
}

TEST_CASE("going below the applied version needs leave") {
    CHECK(refusal_of(make_plan(source({a, b, b_down}), applied({a, b}), to("0001_a"))) ==
          FailureKind::RollbackForbidden);
}

TEST_CASE("with leave, a lower target runs the down scripts, newest first") {
    const auto plan = make_plan(source({a, b, b_down, c, c_down}), applied({a, b, c}), to("1", Rollback::Allow));
    CHECK(steps_of(plan) == Texts{"down 0003_c", "down 0002_b"});
}

TEST_CASE("down scripts run in the reverse of the order in which the scripts were applied") {
    const auto plan = make_plan(source({a, b, b_down, c, c_down}), applied({a, c, b}), to("1", Rollback::Allow));
    CHECK(steps_of(plan) == Texts{"down 0002_b", "down 0003_c"});
}

TEST_CASE("a missing down script is found before the first one runs") {
    const auto plan = make_plan(source({a, b, c, c_down}), applied({a, b, c}), to("1", Rollback::Allow));
    CHECK(refusal_of(plan) == FailureKind::MissingDownScript);
    CHECK_THAT(plan.refusal->message, Catch::Contains("0002_b.down.sql"));
}

TEST_CASE("a stored down script serves when the source is gone") {
    auto history = applied({a, b});
    history[1].down_script = "SELECT 'stored'";
    const auto plan = make_plan(source({a}), history, to("1", Rollback::Allow));
    REQUIRE(steps_of(plan) == Texts{"down 0002_b"});
    CHECK(plan.steps[0].script.text == "SELECT 'stored'");
}

TEST_CASE("rolling back the newest takes one version, rolling back all takes every one") {
    const auto set = source({a, {"0001_a.down.sql", "SELECT -1"}, b, b_down});
    CHECK(steps_of(make_plan(set, applied({a, b}), {{}, Rollback::Allow, Extent::RollBackNewest})) ==
          Texts{"down 0002_b"});
    CHECK(steps_of(make_plan(set, applied({a, b}), {{}, Rollback::Allow, Extent::RollBackAll})) ==
          Texts{"down 0002_b", "down 0001_a"});
    CHECK(steps_of(make_plan(set, {}, {{}, Rollback::Allow, Extent::RollBackAll})).empty());
}

TEST_CASE("rolling back the newest is done when that one is gone, and does not take the next") {
    const auto set = source({a, b, b_down, c, c_down});
    Goal goal{{}, Rollback::Allow, Extent::RollBackNewest, "0003_c"};
    CHECK(steps_of(make_plan(set, applied({a, b, c}), goal)) == Texts{"down 0003_c"});
    CHECK(steps_of(make_plan(set, applied({a, b}), goal)).empty());
}

TEST_CASE("every script that is to run is checked before the first, its way back too") {
    CHECK(refusal_of(make_plan(source({a, {b.name, "SELECT 'x"}}), {}, {})) == FailureKind::InvalidSource);
    const auto plan = make_plan(source({a, b, {b_down.name, "SELECT 1;\nCOMMIT;"}}), {}, {});
    CHECK(refusal_of(plan) == FailureKind::InvalidSource);
    CHECK(plan.refusal->file == "0002_b.down.sql");
    CHECK(plan.refusal->line == 2);
}

TEST_CASE("an up step carries its way back, to be stored") {
    const auto plan = make_plan(source({b, b_down}), {}, {});
    REQUIRE(plan.steps.size() == 1);
    CHECK(plan.steps[0].down_script == "SELECT -2");
}
