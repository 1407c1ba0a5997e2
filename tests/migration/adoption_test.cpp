// What adoption_of and make_plan make of another tool's history.
#include "migration/adoption.hpp"

#include "migration/plan.hpp"
#include "migration/repair.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::migration;
using Catch::Contains;
using Mark = ForeignRow::Mark;

namespace {

using Texts = std::vector<std::string>;

const std::vector<SourceFile> paired{{"0001_a.up.sql", "SELECT 1"},
                                     {"0002_b.up.sql", "SELECT 2"},
                                     {"0002_b.down.sql", "SELECT -2"},
                                     {"0003_c.up.sql", "SELECT 3"},
                                     {"0010_d.up.sql", "SELECT 10"}};

const std::vector<SourceFile> flyway{
    {"V1__a.sql", "SELECT 1;\nSELECT 1;\n"}, {"V1.10__b.sql", "SELECT 2;\n"}, {"R__views.sql", "SELECT 'views';\n"}};

ForeignHistory history(Tool tool, std::vector<ForeignRow> rows) {
    return {tool, "public.old", std::move(rows)};
}

ForeignHistory versions(const Texts& texts) {
    ForeignHistory foreign{Tool::Versions, "public.old", {}};
    for (const auto& text : texts) foreign.rows.push_back({text, Mark::Applied, {}, {}, {}});
    return foreign;
}

ForeignHistory up_to(const std::string& version, Mark mark = Mark::UpTo) {
    return history(Tool::GolangMigrate, {{version, mark, {}, {}, {}}});
}

Goal adopting() {
    Goal goal;
    goal.adopt.emplace();
    return goal;
}

Plan plan_of(const std::vector<SourceFile>& files, ForeignHistory foreign, const Goal& goal = adopting()) {
    return make_plan(ScriptSet::read(files), {}, goal, {std::move(foreign), {}});
}

Texts records_of(const Plan& plan) {
    Texts texts;
    for (const auto& record : plan.to_record) texts.push_back(record.version.text());
    return texts;
}

Texts steps_of(const Plan& plan) {
    Texts texts;
    for (const auto& step : plan.steps) texts.push_back(step.version.text());
    return texts;
}

std::string refusal_of(const Plan& plan) {
    REQUIRE(plan.refusal);
    CHECK(plan.to_record.empty());
    CHECK(plan.steps.empty());
    return std::string(to_string(plan.refusal->kind)) + ": " + plan.refusal->message;
}

}  // namespace

TEST_CASE("versions are adopted by whole name, file name or number, each with the checksum of its script") {
    const auto plan = plan_of(paired, versions({"1", "0002_b", "0003_c.up.sql"}));
    CHECK_FALSE(plan.refusal);
    CHECK(records_of(plan) == Texts{"0001_a", "0002_b", "0003_c"});
    CHECK(steps_of(plan) == Texts{"0010_d"});
    CHECK(plan.to_record[1].checksum == checksum_of("SELECT 2"));
    CHECK(plan.to_record[1].down_script == "SELECT -2");
    CHECK(plan.adopted_from == "public.old");
    CHECK(plan.missing.empty());
}

TEST_CASE("numbers are compared as numbers, so 3 is not 0030 and 10 is 0010") {
    CHECK(records_of(plan_of({{"0003_c.sql", "SELECT 3"}, {"0030_d.sql", "SELECT 30"}}, versions({"3"}))) ==
          Texts{"0003_c"});
    auto out_of_order = adopting();
    out_of_order.policy.out_of_order = OutOfOrder::Allow;
    CHECK(records_of(plan_of(paired, versions({"10"}), out_of_order)) == Texts{"0010_d"});
}

TEST_CASE("a single version says that all up to it is applied") {
    const auto plan = plan_of(paired, up_to("3"));
    CHECK(records_of(plan) == Texts{"0001_a", "0002_b", "0003_c"});
    CHECK(steps_of(plan) == Texts{"0010_d"});
}

TEST_CASE("a single version that the source does not have is refused, since what lies below it cannot be told") {
    CHECK_THAT(refusal_of(plan_of(paired, up_to("4"))),
               Contains("AdoptionRefused: public.old says version 4") && Contains("put that script back"));
}

TEST_CASE("a number that two scripts have is refused, whichever way the tool counts") {
    auto files = paired;
    files.push_back({"0002_other.up.sql", "SELECT 22"});
    for (const auto& foreign : {versions({"1", "2"}), up_to("3")}) {
        CHECK_THAT(refusal_of(plan_of(files, foreign)),
                   Contains("'0002_b.up.sql' and of '0002_other.up.sql'") && Contains("cannot be told"));
    }
    CHECK(records_of(plan_of(files, versions({"0001_a", "0002_b", "0002_other"}))) ==
          Texts{"0001_a", "0002_b", "0002_other"});
}

TEST_CASE("a script that failed in its middle is refused with what to do, and nothing is adopted") {
    CHECK_THAT(refusal_of(plan_of(paired, up_to("2", Mark::Failed))),
               Contains("dirty at version 2") && Contains("migrate force 2"));
    CHECK_THAT(refusal_of(plan_of(flyway, history(Tool::Flyway, {{"1", Mark::Applied, "a", {}, {}},
                                                                 {"1.10", Mark::Failed, "b", {}, {}}}))),
               Contains("public.old says that 1.10 failed") && Contains("flyway repair"));
    CHECK_THAT(refusal_of(plan_of(paired, history(Tool::Atlas, {{"0001", Mark::Failed, {}, {}, {}}}))),
               Contains("applied in part") && Contains("atlas migrate"));
}

TEST_CASE("of several rows for one version the last one counts") {
    const auto plan = plan_of(paired, history(Tool::Goose, {{"1", Mark::Applied, {}, {}, {}},
                                                            {"2", Mark::Applied, {}, {}, {}},
                                                            {"3", Mark::Applied, {}, {}, {}},
                                                            {"2", Mark::Undone, {}, {}, {}},
                                                            {"3", Mark::Undone, {}, {}, {}},
                                                            {"2", Mark::Applied, {}, {}, {}}}));
    CHECK(records_of(plan) == Texts{"0001_a", "0002_b"});
    CHECK(steps_of(plan) == Texts{"0003_c", "0010_d"});
}

TEST_CASE("an adopted version that the source does not have is recorded and reported as missing") {
    const auto plan = plan_of(paired, versions({"1", "2", "3", "7"}));
    CHECK(records_of(plan) == Texts{"0001_a", "0002_b", "0003_c", "7"});
    CHECK(plan.to_record[3].checksum == unknown_checksum);
    REQUIRE(plan.missing.size() == 1);
    CHECK(plan.missing[0].text() == "7");
    CHECK(steps_of(plan) == Texts{"0010_d"});

    auto strict = adopting();
    strict.policy.missing_scripts = Severity::Fail;
    CHECK_THAT(refusal_of(plan_of(paired, versions({"7"}), strict)), Contains("MissingScripts"));
}

TEST_CASE("a script that comes back under an adopted number is not run again, and repair settles it") {
    const auto adopted = history_with(plan_of(paired, versions({"1", "2", "3", "7"})).to_record);
    auto files = paired;
    files.push_back({"0007_back.up.sql", "SELECT 7"});
    const auto scripts = ScriptSet::read(files);
    CHECK_THAT(refusal_of(make_plan(scripts, adopted, {})),
               Contains("ChecksumMismatch: '0007_back.up.sql' has the number of 7") &&
                   Contains("repair --rename 7=0007_back"));
    const auto repair = plan_repair(scripts, adopted, {{Repair::Kind::Rename, "7", "0007_back"}});
    REQUIRE(repair.changes.size() == 1);
    CHECK(repair.changes[0].row->checksum == checksum_of("SELECT 7"));
}

TEST_CASE("a script that comes back under an adopted version has any text") {
    const std::vector<SourceFile> dbmate{{"20260101_a.sql", "-- migrate:up\nSELECT 1;\n"}};
    const auto adopted = history_with(plan_of(dbmate, versions({"20260101", "20260102"})).to_record);
    auto files = dbmate;
    files.push_back({"20260102_b.sql", "-- migrate:up\nSELECT 2;\n"});
    const auto plan = make_plan(ScriptSet::read(files), adopted, {});
    CHECK_FALSE(plan.refusal);
    CHECK(plan.steps.empty());
    CHECK(plan.missing.empty());
}

TEST_CASE("Flyway's checksum of a text is that of its lines without their ends") {
    // The CRC-32 of these nine digits is its published check value, 0xCBF43926.
    CHECK(flyway_checksum("123456789") == "crc32:-873187034");
    CHECK(flyway_checksum("1234\r\n56789\n") == flyway_checksum("123456789"));
    CHECK(flyway_checksum("\xEF\xBB\xBF"
                          "123456789") == flyway_checksum("123456789"));
    CHECK(flyway_checksum("") == "crc32:0");
}

TEST_CASE("an edit since Flyway ran a script is an edit, and of a repeatable one a reason to run it") {
    const auto same = flyway_checksum(flyway[0].text);
    const auto views = flyway_checksum(flyway[2].text);
    const auto foreign = [](const std::string& script, const std::string& repeatable) {
        return history(Tool::Flyway,
                       {{"1", Mark::Applied, "a", script, {}}, {"R__views", Mark::Applied, "views", repeatable, {}}});
    };
    const auto as_it_was = plan_of(flyway, foreign(same, views));
    CHECK(steps_of(as_it_was) == Texts{"1.10"});
    CHECK(as_it_was.to_record[1].checksum == checksum_of("SELECT 'views';"));

    CHECK_THAT(refusal_of(plan_of(flyway, foreign("crc32:1", views))),
               Contains("ChecksumMismatch: 'V1__a.sql' was edited"));
    CHECK(steps_of(plan_of(flyway, foreign(same, "crc32:1"))) == Texts{"1.10", "R__views"});
}

TEST_CASE("a baseline of Flyway or Atlas takes in all up to it, and need not be a script") {
    const auto plan =
        plan_of(flyway, history(Tool::Flyway, {{"1.9", Mark::Baseline, "<<_Flyway_Baseline_>>", {}, {}}}));
    CHECK(records_of(plan) == Texts{"1"});
    CHECK(plan.missing.empty());
    CHECK(steps_of(plan) == Texts{"1.10", "R__views"});
}

TEST_CASE("nothing is adopted into a history that holds something") {
    const auto scripts = ScriptSet::read(paired);
    const auto first = history_with({record_of(scripts.scripts().front())});
    const auto plan = make_plan(scripts, first, adopting(), {versions({"1", "2", "3"}), {}});
    CHECK(plan.to_record.empty());
    CHECK(steps_of(plan) == Texts{"0002_b", "0003_c", "0010_d"});
}

TEST_CASE("where there is no other tool's table every script runs, and a warning says so") {
    const auto plan = make_plan(ScriptSet::read(paired), {}, adopting());
    CHECK(steps_of(plan).size() == 4);
    CHECK(plan.warnings == Texts{"no history of another tool was found to adopt"});
    CHECK(make_plan(ScriptSet::read(paired), {}, {}).warnings.empty());
}

TEST_CASE("a tool is told by the shape of its table") {
    CHECK(tool_of({"public", "schema_migrations", {"version", "dirty"}}) == Tool::GolangMigrate);
    CHECK(tool_of({"public", "schema_migrations", {"version"}}) == Tool::Versions);
    CHECK(tool_of({"public", "any", {"filename"}}) == Tool::Versions);
    CHECK(tool_of({"public", "schema_version", {"version"}}) == Tool::Tern);
    CHECK(tool_of({"public", "g", {"id", "version_id", "is_applied", "tstamp"}}) == Tool::Goose);
    CHECK_FALSE(tool_of({"public", "schema_version", {"version", "product", "released"}}));
}

TEST_CASE("the table to adopt is the only one that fits, and several are refused by name") {
    const ForeignTable goose{"app", "goose_db_version", {"id", "version_id", "is_applied", "tstamp"}};
    const ForeignTable of_the_application{"public", "schema_version", {"version", "product"}};
    const ForeignTable rails{"public", "schema_migrations", {"version"}};
    const std::vector<ForeignTable> tables{of_the_application, goose};
    const auto choice = choose_table(tables, {});
    REQUIRE(choice.table != nullptr);
    CHECK(choice.table->schema == "app");
    CHECK(choice.tool == Tool::Goose);
    CHECK(choose_table({}, {}).table == nullptr);
    CHECK_FALSE(choose_table({}, {}).refusal);

    const auto both = choose_table({goose, rails}, {});
    REQUIRE(both.refusal);
    CHECK_THAT(both.refusal->message, Contains("app.goose_db_version and public.schema_migrations"));
    CHECK(choose_table({rails}, {Tool::Dbmate, {}}).tool == Tool::Dbmate);
    const auto wrong = choose_table({goose}, {Tool::Flyway, "app.goose_db_version"});
    REQUIRE(wrong.refusal);
    CHECK_THAT(wrong.refusal->message, Contains("has the shape of Goose, not of Flyway"));
}
