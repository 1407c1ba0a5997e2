// What make_plan makes of edits, gaps and missing scripts by the goal's policy, of a baseline, and of repeatables.
#include "migration/plan.hpp"
#include "migration/run_report.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::migration;
using Catch::Contains;

namespace {

using Texts = std::vector<std::string>;

/// What the history holds after these files were applied, a second apart, in this order.
History applied(const std::vector<SourceFile>& files) {
    History history;
    std::chrono::system_clock::time_point at{};
    for (const auto& file : files) {
        const auto set = ScriptSet::read({file});
        const auto& script = set.scripts().front();
        at += std::chrono::seconds(1);
        history.push_back({script.version, script.name, script.up_checksum, {}, {}, at, {}});
    }
    return history;
}

Plan plan_of(const std::vector<SourceFile>& files, const History& history, const Goal& goal = {}) {
    return make_plan(ScriptSet::read(files), history, goal);
}

Texts steps_of(const Plan& plan) {
    Texts steps;
    for (const auto& step : plan.steps)
        steps.push_back(std::string(to_string(step.direction)) + " " + step.version.text());
    return steps;
}

Texts records_of(const Plan& plan) {
    Texts versions;
    for (const auto& record : plan.to_record) versions.push_back(record.version.text());
    return versions;
}

std::string refusal_of(const Plan& plan) {
    REQUIRE(plan.refusal);
    CHECK(plan.steps.empty());
    CHECK(plan.to_record.empty());
    return std::string(to_string(plan.refusal->kind)) + ": " + plan.refusal->message;
}

Goal with(Policy policy) {
    Goal goal;
    goal.policy = policy;
    return goal;
}

Goal from_baseline(std::string version, std::optional<std::string> target = {}) {
    Goal goal;
    goal.baseline = std::move(version);
    goal.target = std::move(target);
    return goal;
}

Goal to(std::string target) {
    Goal goal;
    goal.target = std::move(target);
    return goal;
}

const SourceFile a{"0001_a.up.sql", "SELECT 1"};
const SourceFile b{"0002_b.up.sql", "SELECT 2"};
const SourceFile c{"0003_c.up.sql", "SELECT 3"};

const SourceFile v1{"V1__a.sql", "SELECT 1"};
const SourceFile v2{"V2__b.sql", "SELECT 2"};
const SourceFile views{"R__views.sql", "SELECT 'views'"};
const SourceFile new_views{"R__views.sql", "SELECT 'new views'"};

}  // namespace

TEST_CASE("where out of order is allowed, a script below the applied version runs") {
    CHECK(steps_of(plan_of({a, b, c}, applied({a, c}), with({.out_of_order = OutOfOrder::Allow}))) ==
          Texts{"up 0002_b"});
    auto goal = to("0002_b");
    goal.policy.out_of_order = OutOfOrder::Allow;
    CHECK_THAT(refusal_of(plan_of({a, b, c}, applied({a, c}), goal)), Contains("RollbackForbidden"));
    CHECK(refusal_of(plan_of({a, b, c}, applied({a, c}))).starts_with("OutOfOrder"));
}

TEST_CASE("where an edit is a warning, what is pending runs, and all edits are told of in one line") {
    const auto plan = plan_of({{a.name, "SELECT 99"}, {b.name, "SELECT 98"}, c, {"notes.txt", ""}}, applied({a, b}),
                              with({.checksum_mismatch = Severity::Warn}));
    CHECK(steps_of(plan) == Texts{"up 0003_c"});
    REQUIRE(plan.warnings.size() == 2);
    CHECK_THAT(plan.warnings[0], Contains("'0001_a.up.sql' and 1 more were edited"));
}

TEST_CASE("a renamed script is refused also where an edit is a warning") {
    CHECK_THAT(refusal_of(plan_of({a, {"0002_new.up.sql", b.text}}, applied({a, b}),
                                  with({.checksum_mismatch = Severity::Warn}))),
               Contains("under another name"));
}

TEST_CASE("where a missing script is a failure, nothing runs, but a roll back does") {
    auto goal = with({.missing_scripts = Severity::Fail});
    CHECK_THAT(refusal_of(plan_of({a, c}, applied({a, b}), goal)), Contains("MissingScripts: '0002_b' is applied and"));
    CHECK(steps_of(plan_of({a, b, c}, applied({a, b}), goal)) == Texts{"up 0003_c"});
    CHECK(steps_of(plan_of({a, c}, applied({a, b}))) == Texts{"up 0003_c"});
    goal.rollback = Rollback::Allow;
    goal.extent = Extent::RollBackNewest;
    auto history = applied({a, b});
    history[1].down_script = "SELECT -2";
    CHECK(steps_of(plan_of({a, c}, history, goal)) == Texts{"down 0002_b"});
}

TEST_CASE("a script that another layout or padding gives another version is not run twice") {
    const SourceFile whole{"0001_a.sql", "SELECT 1;\n\n"};
    const auto history = applied({whole});
    REQUIRE(history.front().version.text() == "0001_a");
    const auto plan = make_plan(ScriptSet::read({whole}, Layout::Tern), history, {});
    CHECK_THAT(refusal_of(plan), Contains("has version 0001 by the layout Tern, and was applied as 0001_a"));
    CHECK_THAT(refusal_of(plan_of({{"1_a.sql", "SELECT 5"}}, history)), Contains("was applied as 0001_a"));
}

TEST_CASE("a baseline records what lies below it where the history is empty, and runs the rest") {
    const auto plan = plan_of({a, b, {"0002_b.down.sql", "SELECT -2"}, c}, {}, from_baseline("0002_b"));
    CHECK(records_of(plan) == Texts{"0001_a", "0002_b"});
    CHECK(plan.to_record[1].down_script == "SELECT -2");
    CHECK(plan.to_record[0].checksum == checksum_of(a.text));
    CHECK_FALSE(plan.to_record[0].applied_at);
    CHECK(steps_of(plan) == Texts{"up 0003_c"});
    CHECK(plan.pending.size() == 1);
}

TEST_CASE("a baseline means nothing once the history holds something") {
    const auto plan = plan_of({a, b, c}, applied({a}), from_baseline("0003_c"));
    CHECK(records_of(plan).empty());
    CHECK(steps_of(plan) == Texts{"up 0002_b", "up 0003_c"});
    CHECK_FALSE(plan_of({a, b}, applied({a}), from_baseline("no such version")).refusal);

    auto unfinished = applied({a});
    unfinished[0].journal = Journal{.statements = 1, .prefix = checksum_of({})};
    CHECK(records_of(plan_of({a, b, c}, unfinished, from_baseline("0003_c"))).empty());
}

TEST_CASE("the number of a baseline takes in every script of that number") {
    const SourceFile twin{"0002_z.up.sql", "SELECT 4"};
    CHECK(records_of(plan_of({a, b, twin, c}, {}, from_baseline("2"))) == Texts{"0001_a", "0002_b", "0002_z"});
    CHECK(records_of(plan_of({a, b, twin, c}, {}, from_baseline("0002_b"))) == Texts{"0001_a", "0002_b"});
}

TEST_CASE("a baseline that is no script of the source, or above the target, is refused") {
    CHECK_THAT(refusal_of(plan_of({a, b}, {}, from_baseline("20"))), Contains("InvalidSource") && Contains("'20'"));
    CHECK_THAT(refusal_of(plan_of({a, b}, {}, from_baseline("b"))), Contains("'b'"));
    CHECK_THAT(refusal_of(plan_of({a, b, c}, {}, from_baseline("2", "1"))), Contains("lies below the baseline '2'"));
    CHECK(steps_of(plan_of({a, b, c}, {}, from_baseline("2", "2"))).empty());
    CHECK(records_of(plan_of({a, b, c}, {}, from_baseline("2", "2"))).size() == 2);
}

TEST_CASE("a roll back does not begin with a baseline") {
    auto goal = from_baseline("2");
    goal.rollback = Rollback::Allow;
    goal.extent = Extent::RollBackAll;
    CHECK(records_of(plan_of({a, b}, {}, goal)).empty());
}

TEST_CASE("repeatable scripts run behind all others, and again whenever they were edited") {
    CHECK(steps_of(plan_of({views, v2, v1}, {})) == Texts{"up 1", "up 2", "up R__views"});
    CHECK(steps_of(plan_of({v1, views}, applied({v1, views}))).empty());
    CHECK(steps_of(plan_of({v1, v2, new_views}, applied({v1, views}))) == Texts{"up 2", "up R__views"});
    CHECK(steps_of(plan_of({v1, new_views}, applied({v1, views}))) == Texts{"up R__views"});
}

TEST_CASE("a repeatable script is in nobody's way") {
    // It is neither the newest version, nor renamed, nor out of order.
    CHECK(steps_of(plan_of({v1, v2, views}, applied({v1, views}))) == Texts{"up 2"});
    CHECK(steps_of(plan_of({v1, {"R__other.sql", views.text}}, applied({v1, views}))) == Texts{"up R__other"});
    const auto history = applied({v1, views});
    const auto plan = plan_of({v1, views}, history);
    CHECK(describe("h", history, plan).current_version == "1");
    CHECK(describe("h", history, plan).applied_count == 2);
}

TEST_CASE("a repeatable script is left out where the target is not the newest version") {
    CHECK(steps_of(plan_of({v1, v2, views}, {}, to("1"))) == Texts{"up 1"});
    CHECK(steps_of(plan_of({v1, v2, views}, {}, to("2"))) == Texts{"up 1", "up 2", "up R__views"});
    CHECK_THAT(refusal_of(plan_of({v1, views}, {}, to("R__views"))), Contains("no script of the target version"));
}

TEST_CASE("a repeatable script is never rolled back, and never taken for applied") {
    auto history = applied({v1, v2, views});
    Goal goal{{}, Rollback::Allow, Extent::RollBackNewest};
    CHECK(steps_of(plan_of({v1, v2, {"U2__b.sql", "SELECT -2"}, views}, history, goal)) == Texts{"down 2"});
    const auto plan = plan_of({v1, v2, views}, {}, from_baseline("2"));
    CHECK(records_of(plan) == Texts{"1", "2"});
    CHECK(steps_of(plan) == Texts{"up R__views"});
}

TEST_CASE("advice on a way back is in the words of the layout") {
    Goal goal{{}, Rollback::Allow, Extent::RollBackNewest};
    const std::vector<SourceFile> goose{{"1_a.sql", "-- +goose Up\nSELECT 1;"}};
    auto history = applied(goose);
    CHECK_THAT(refusal_of(plan_of(goose, history, goal)), Contains("'-- +goose Down'"));
    CHECK_THAT(refusal_of(plan_of({v1}, applied({v1}), goal)), Contains("'U1__name.sql'"));
}

TEST_CASE("a way back that cannot run is refused by its file and line, in the layouts with one file too") {
    const auto plan = plan_of({{"1_a.sql", "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 'x;\n"}}, {});
    CHECK_THAT(refusal_of(plan), Contains("InvalidSource"));
    CHECK(plan.refusal->file == "1_a.sql");
    CHECK(plan.refusal->line == 4);
}
