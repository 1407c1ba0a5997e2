// What a repair makes of a history whose scripts have other names now: by a rename, or by another layout.
#include "migration/repair.hpp"

#include "migration/plan.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::migration;
using Catch::Contains;
using Files = std::vector<SourceFile>;

namespace {

const std::string a = "CREATE TABLE a (i int);\n";
const std::string b = "CREATE TABLE b (i int);\n-- the last line\n";

const Files paired{{"0001_a.up.sql", a}, {"0001_a.down.sql", "DROP TABLE a;\n"}, {"0002_b.up.sql", b}};
const Files goose{{"0001_a.sql", "-- +goose Up\n" + a + "\n-- +goose Down\nDROP TABLE a;\n"},
                  {"0002_b.sql", "-- +goose Up\n" + b}};
const Files goose_with_brackets{
    {"0001_a.sql", "-- +goose Up\n-- +goose StatementBegin\n" + a + "-- +goose StatementEnd\n\n-- +goose Down\n"},
    {"0002_b.sql", "-- +goose Up\n\n-- +goose StatementBegin\n" + b + "-- +goose StatementEnd\n"}};
const Files dbmate{{"0001_a.sql", "-- migrate:up\n" + a + "\n-- migrate:down\nDROP TABLE a;\n"},
                   {"0002_b.sql", "-- migrate:up\n" + b + "\n-- migrate:down\n"}};
const Files tern{{"001_a.sql", a + "---- create above / drop below ----\nDROP TABLE a;\n"}, {"002_b.sql", b}};
const Files flyway{{"V1__a.sql", a}, {"U1__a.sql", "DROP TABLE a;\n"}, {"V2__b.sql", b}};

History applied(const Files& files) {
    History history;
    const auto set = ScriptSet::read(files);
    for (const auto& script : set.scripts()) {
        history.push_back(
            {script.version, script.name, script.up_checksum, stored_way_back(script), script.down_checksum, {}, {}});
    }
    return history;
}

History after(History history, const RepairPlan& repair) {
    for (const auto& change : repair.changes) {
        for (auto& row : history) {
            if (row.version == change.version) row = change.row.value();
        }
    }
    return history;
}

RepairPlan repaired(const Files& files, const History& history, const std::vector<Repair>& repairs) {
    return plan_repair(ScriptSet::read(files), history, repairs);
}

std::string refusal_of(const RepairPlan& plan) {
    if (!plan.refusal) return "done";
    CHECK(plan.changes.empty());
    CHECK(plan.refusal->kind == FailureKind::InvalidSource);
    return plan.refusal->message;
}

/// `up to date`, or why not.
std::string state_of(const Files& files, const History& history) {
    const auto plan = make_plan(ScriptSet::read(files), history, {});
    if (plan.refusal) return plan.refusal->message;
    return plan.pending.empty() && plan.missing.empty() ? "up to date" : "not up to date";
}

const Repair layout_changed{Repair::Kind::LayoutChanged, {}};

}  // namespace

TEST_CASE("a source that has another layout now keeps its history, from each layout to each") {
    const std::vector<Files> layouts{paired, goose, goose_with_brackets, dbmate, tern, flyway};
    for (const auto& before : layouts) {
        for (const auto& now : layouts) {
            if (&before == &now) continue;
            INFO(before.front().name << before.front().text << " to " << now.front().name << now.front().text);
            const auto history = applied(before);
            if (ScriptSet::read(before).scripts().front().version == ScriptSet::read(now).scripts().front().version) {
                // The versions are the same: goose and dbmate differ only in what they write around it.
                continue;
            }
            CHECK_THAT(state_of(now, history),
                       Contains("running it again is not safe, so name the layout and the file as they were, or, if "
                                "the layout has changed, say 'lockkeeper migrate repair --layout-changed'"));
            const auto repair = repaired(now, history, {layout_changed});
            CHECK(refusal_of(repair) == "done");
            CHECK(state_of(now, after(history, repair)) == "up to date");
        }
    }
}

TEST_CASE("a change of the layout takes the way back of the new source") {
    const auto repair = repaired(goose, applied({{"0001_a.up.sql", a}, {"0002_b.up.sql", b}}), {layout_changed});
    REQUIRE(repair.changes.size() == 2);
    CHECK(repair.changes[0].version.text() == "0001_a");
    CHECK(repair.changes[0].row->version.text() == "0001");
    CHECK_THAT(repair.changes[0].row->down_script.value(), Contains("DROP TABLE a;"));
    CHECK_FALSE(repair.changes[1].row->down_script);
}

TEST_CASE("a change of the layout that hides an edit is refused, until the edit is accepted by its version") {
    auto edited = goose;
    edited[1].text += "SELECT 2;\n";
    const auto history = applied(paired);
    CHECK(refusal_of(repaired(edited, history, {layout_changed})) ==
          "'0002_b.sql' is not the script that 0002_b was: its text is another; where that is right, say '--rename "
          "0002_b=0002 --accept 0002'");
    const Repair accept{Repair::Kind::AcceptEdit, "0002"};
    const auto repair = repaired(edited, history, {layout_changed, accept});
    CHECK(refusal_of(repair) == "done");
    CHECK(repair.changes.size() == 2);
    CHECK(state_of(edited, after(history, repair)) == "up to date");
}

TEST_CASE("a rename goes across layouts too, one script at a time") {
    const auto history = applied(paired);
    const auto repair =
        repaired(goose, history, {{Repair::Kind::Rename, "0001_a", "0001"}, {Repair::Kind::Rename, "0002_b", "0002"}});
    CHECK(refusal_of(repair) == "done");
    CHECK(state_of(goose, after(history, repair)) == "up to date");
    CHECK(refusal_of(repaired(goose, history, {{Repair::Kind::Rename, "0001_a", "0002"}})) ==
          "'0002_b.sql' is not the script that 0001_a was: its text is another; where that is right, say '--rename "
          "0001_a=0002 --accept 0002'");
}

TEST_CASE("a rename and an edit are accepted together") {
    const auto history = applied({{"1_a.sql", a}});
    const Files now{{"1_customers.sql", a + "SELECT 1;"}};
    const Repair rename{Repair::Kind::Rename, "1_a", "1_customers"};
    CHECK_THAT(refusal_of(repaired(now, history, {rename})), Contains("its text is another"));
    const auto repair = repaired(now, history, {rename, {Repair::Kind::AcceptEdit, "1_customers"}});
    CHECK(refusal_of(repair) == "done");
    CHECK(state_of(now, after(history, repair)) == "up to date");
}

TEST_CASE("a script whose layout and name have both changed is known by its text, and not run again") {
    CHECK_THAT(state_of({{"0001_customers.sql", "-- +goose Up\n" + a}}, applied({{"0001_a.sql", a}})),
               Contains("'0001_customers.sql' is the applied 0001_a under another name"));
}

TEST_CASE("where no version has changed, or which one is meant cannot be told, a change of the layout says so") {
    CHECK(
        refusal_of(repaired(goose, applied(goose), {layout_changed})) ==
        "no script of the source was applied with the same number and name under another version; by the layout Goose "
        "there is nothing to change");
    auto twice = applied({{"1_a.sql", a}, {"2_b.sql", b}});
    twice[1].version = Version("01_a");
    twice[1].name = "a";
    CHECK(refusal_of(repaired({{"V1__a.sql", a}}, twice, {layout_changed})) ==
          "the history has 1_a and 01_a, and either may be 'V1__a.sql'; say which by --rename OLD=1");
}
