#include "support/run.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using migration::Repair;
using tests::Files;
using tests::migrate;
using tests::outcome_of;
using tests::TemporaryDatabase;

namespace {

migration::RunReport repair(const TemporaryDatabase& database, const Files& files, const std::vector<Repair>& repairs) {
    engine::SystemClock clock;
    engine::RunListener silent;
    return engine::Migrator(database.connection_url(), {}, clock)
        .repair(migration::ScriptSet::read(files), repairs, silent, {});
}

std::string refusal_of(const migration::RunReport& report) {
    return report.failure ? report.failure->message : "done";
}

const Files shop{{"1_a.sql", "CREATE TABLE a (i int);"}, {"2_b.sql", "CREATE TABLE b (i int);"}};

/// A history whose last script stopped in its only statement, a procedure that commits.
Files stopped(const TemporaryDatabase& database) {
    database.run(
        "CREATE TABLE t (a int); CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN COMMIT; INSERT INTO t VALUES (1); "
        "END'");
    Files files{{"1_a.sql", "-- lockkeeper:no-transaction\nSELECT 1;\nCALL p();\nINSERT INTO t VALUES (2);"}};
    auto broken = files;
    broken[0].text += "SELECT 1/0;";
    REQUIRE(outcome_of(migrate(database, broken)) == "ScriptFailed 22012 1_a.sql:4:26 #4");
    database.run(
        "UPDATE lockkeeper_history h SET statements_done = 1, statement_begun = 2, prefix = 'sha256:' || "
        "encode(sha256(convert_to('sha256:' || encode(sha256(convert_to('sha256:' || encode(sha256(''), 'hex') || "
        "E'\\nSELECT 1', 'utf8')), 'hex') || E'\\nCALL p()', 'utf8')), 'hex')");
    database.run("DELETE FROM t");
    REQUIRE(migrate(database, files).failure->kind == migration::FailureKind::StatementInDoubt);
    return files;
}

}  // namespace

TEST_CASE("an accepted edit is what was applied, its way back too") {
    const TemporaryDatabase database;
    REQUIRE(outcome_of(migrate(database, shop)) == "done");
    auto edited = shop;
    edited[1].text += " -- with a comment";
    edited.push_back({"2_b.down.sql", "DROP TABLE b;"});
    edited[1].name = "2_b.up.sql";
    REQUIRE(migrate(database, edited).failure->kind == migration::FailureKind::ChecksumMismatch);
    CHECK(refusal_of(repair(database, edited, {{Repair::Kind::AcceptEdit, "2_b"}})) == "done");
    CHECK(outcome_of(migrate(database, edited)) == "done");
    CHECK(outcome_of(migrate(database, shop, {"1_a", migration::Rollback::Allow})) == "ChecksumMismatch 2_b.sql");
    CHECK(outcome_of(migrate(database, edited, {"1_a", migration::Rollback::Allow})) == "done");
}

TEST_CASE("an accepted rename moves the row and runs nothing") {
    const TemporaryDatabase database;
    REQUIRE(outcome_of(migrate(database, shop)) == "done");
    auto renamed = shop;
    renamed[1].name = "2_bills.sql";
    REQUIRE(migrate(database, renamed).failure->kind == migration::FailureKind::ChecksumMismatch);
    CHECK(refusal_of(repair(database, renamed, {{Repair::Kind::Rename, "2_b", "2_bills"}})) == "done");
    const auto report = migrate(database, renamed);
    CHECK(outcome_of(report) == "done");
    CHECK(report.ran.empty());
    CHECK(database.ask("SELECT string_agg(version || ' ' || name, ', ' ORDER BY version) FROM lockkeeper_history") ==
          "1_a a, 2_bills bills");
}

TEST_CASE("a history follows its source into another layout and back, and nothing is run") {
    const TemporaryDatabase database;
    const Files goose{{"1_a.sql", "-- +goose Up\nCREATE TABLE a (i int);\n-- +goose Down\nDROP TABLE a;"},
                      {"2_b.sql", "-- +goose Up\nCREATE TABLE b (i int);"}};
    REQUIRE(outcome_of(migrate(database, shop)) == "done");
    const auto versions = [&] {
        return database.ask("SELECT string_agg(version || ' ' || name, ', ' ORDER BY version) FROM lockkeeper_history");
    };
    REQUIRE(migrate(database, goose).failure->kind == migration::FailureKind::ChecksumMismatch);
    CHECK(refusal_of(repair(database, goose, {{Repair::Kind::LayoutChanged, {}}})) == "done");
    CHECK(versions() == "1 a, 2 b");
    CHECK(migrate(database, goose).ran.empty());
    CHECK(outcome_of(migrate(database, goose)) == "done");
    CHECK(refusal_of(repair(database, shop, {{Repair::Kind::LayoutChanged, {}}})) == "done");
    CHECK(versions() == "1_a a, 2_b b");
    CHECK(outcome_of(migrate(database, shop)) == "done");
    CHECK(database.ask("SELECT count(*) FROM pg_class WHERE relname IN ('a', 'b')") == "2");
}

TEST_CASE("a statement in doubt that has taken effect is not run again") {
    const TemporaryDatabase database;
    const auto files = stopped(database);
    CHECK(refusal_of(repair(database, files, {{Repair::Kind::StatementDone, "1_a"}})) == "done");
    CHECK(outcome_of(migrate(database, files)) == "done");
    CHECK(database.ask("SELECT string_agg(a::text, ' ') FROM t") == "2");
}

TEST_CASE("a statement in doubt that has not taken effect is run again") {
    const TemporaryDatabase database;
    const auto files = stopped(database);
    CHECK(refusal_of(repair(database, files, {{Repair::Kind::StatementUndone, "1_a"}})) == "done");
    CHECK(outcome_of(migrate(database, files)) == "done");
    CHECK(database.ask("SELECT string_agg(a::text, ' ') FROM t") == "1 2");
}

TEST_CASE("a forgotten version is pending again") {
    const TemporaryDatabase database;
    REQUIRE(outcome_of(migrate(database, shop)) == "done");
    database.run("DROP TABLE b");
    const auto report = repair(database, shop, {{Repair::Kind::Forget, "2_b"}});
    CHECK(refusal_of(report) == "done");
    CHECK(report.database->pending_count == 1);
    CHECK(outcome_of(migrate(database, shop)) == "done");
}

TEST_CASE("a repair that does not fit says why, and changes nothing, not even those before it") {
    const TemporaryDatabase database;
    REQUIRE(outcome_of(migrate(database, shop)) == "done");
    const auto rows = "SELECT string_agg(h::text || xmin::text, ' ') FROM lockkeeper_history h";
    const auto before = database.ask(rows);
    const Repair good{Repair::Kind::Forget, "1_a"};
    const auto refused = [&](const Repair& bad) { return refusal_of(repair(database, shop, {good, bad})); };
    CHECK(refused({Repair::Kind::AcceptEdit, "9_x"}) == "the history has no version '9_x'");
    CHECK(refused({Repair::Kind::AcceptEdit, "1_a"}) == "'1_a.sql' is as it was applied");
    CHECK(refused({Repair::Kind::Rename, "1_a", "3_c"}) == "the source has no version '3_c'");
    CHECK(refused({Repair::Kind::Rename, "1_a", "2_b"}) == "the history has '2_b' already");
    CHECK(refused({Repair::Kind::StatementDone, "1_a"}) == "no statement of 1_a is in doubt");
    CHECK(refused({Repair::Kind::Forget, "3_c"}) == "the history has no version '3_c'");
    CHECK(database.ask(rows) == before);
}
