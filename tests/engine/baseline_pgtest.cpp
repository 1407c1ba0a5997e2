// A baseline, and Flyway's repeatable scripts, from the source to the history of a real database.
#include "engine/advisory_lock.hpp"
#include "support/run.hpp"
#include "support/temporary_database.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using namespace lockkeeper::tests;

namespace {

std::string history_of(const TemporaryDatabase& database) {
    return database.ask("SELECT string_agg(version, ' ' ORDER BY version) FROM public.lockkeeper_history");
}

migration::Goal from_baseline(const std::string& version) {
    migration::Goal goal;
    goal.baseline = version;
    return goal;
}

const Files shop{{"0001_a.up.sql", "CREATE TABLE a (x int);"},
                 {"0001_a.down.sql", "DROP TABLE a;"},
                 {"0002_b.up.sql", "CREATE TABLE b (x int);"},
                 {"0003_c.up.sql", "CREATE TABLE c (x int);"}};

}  // namespace

TEST_CASE("a baseline adopts a database that has its tables already, and it is like any other from then on") {
    const TemporaryDatabase database;
    database.run("CREATE TABLE a (x int); CREATE TABLE b (x int)");
    const auto report = migrate(database, shop, from_baseline("2"));
    CHECK(outcome_of(report) == "done");
    CHECK(report.recorded_count == 2);
    CHECK(report.ran.size() == 1);
    CHECK(report.database->applied_count == 3);
    CHECK(history_of(database) == "0001_a 0002_b 0003_c");
    CHECK(database.ask("SELECT concat_ws('|', down_script, transactional, statements, duration, direction, "
                       "applied_at > now() - interval '1 minute') FROM lockkeeper_history WHERE version = '0001_a'") ==
          "DROP TABLE a;|t|0|00:00:00|up|t");

    const auto again = migrate(database, shop, from_baseline("3"));
    CHECK(outcome_of(again) == "done");
    CHECK(again.recorded_count == 0);
    CHECK(again.ran.empty());
}

TEST_CASE("a baseline alone is recorded too, and stays when the first script behind it fails") {
    const TemporaryDatabase database;
    const auto all = migrate(database, shop, from_baseline("0003_c"));
    CHECK(outcome_of(all) == "done");
    CHECK(all.database->applied_count == 3);
    CHECK(all.database->pending_count == 0);

    const TemporaryDatabase other;
    CHECK(outcome_of(migrate(other, shop, from_baseline("1"))) == "done");
    other.run("DROP TABLE lockkeeper_history");
    CHECK(outcome_of(migrate(other, shop, from_baseline("1"))) == "ScriptFailed 42P07 0002_b.up.sql:1:1 #1");
    CHECK(history_of(other) == "0001_a");
}

TEST_CASE("rows that are recorded without a run are written only by the holder of the lock") {
    const TemporaryDatabase database;
    const engine::HistoryTable table({"public", "lockkeeper_history"});
    auto connection = database.connect();
    table.create(connection);
    const auto key = engine::LockKey::of(table.name());
    const std::chrono::sys_days day = std::chrono::year(2020) / 2 / 29;
    const migration::Record record{migration::Version("it's"), "name", "sha256:1", "DROP 'x'", "sha256:2", day};
    CHECK_THROWS_AS(connection.query(table.record_sql({record}, "digest", key)), postgres::CommandError);
    CHECK(database.ask("SELECT count(*) FROM lockkeeper_history") == "0");

    connection.query("SELECT pg_advisory_lock(" + std::to_string(key.value) + ")");
    connection.query(table.record_sql({record}, "digest", key));
    CHECK(
        database.ask("SELECT concat_ws('|', version, down_script, down_checksum, extract(epoch FROM applied_at)::int, "
                     "source) FROM lockkeeper_history") == "it's|DROP 'x'|sha256:2|1582934400|digest");
}

TEST_CASE("a repeatable script runs again when it was edited, and its row is replaced") {
    const TemporaryDatabase database;
    const auto files = [](const std::string& view) {
        return Files{{"V1__t.sql", "CREATE TABLE t (x int);"},
                     {"R__v.sql", "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT " + view + " AS y;"}};
    };
    const auto first = migrate(database, files("1"));
    CHECK(outcome_of(first) == "done");
    CHECK(first.database->current_version == "1");
    CHECK(history_of(database) == "1 R__v");
    CHECK(migrate(database, files("1")).ran.empty());

    const auto checksum = database.ask("SELECT checksum FROM lockkeeper_history WHERE version = 'R__v'");
    const auto second = migrate(database, files("2"));
    CHECK(outcome_of(second) == "done");
    REQUIRE(second.ran.size() == 1);
    CHECK(second.ran[0].version == "R__v");
    CHECK(database.ask("SELECT y FROM v") == "2");
    CHECK(history_of(database) == "1 R__v");
    CHECK(database.ask("SELECT checksum FROM lockkeeper_history WHERE version = 'R__v'") != checksum);
    CHECK(migrate(database, files("2")).ran.empty());

    CHECK(outcome_of(migrate(database, files("nope"))) == "ScriptFailed 42703 R__v.sql:1:48 #2");
    CHECK(database.ask("SELECT y FROM v") == "2");
    CHECK(outcome_of(migrate(database, files("1"))) == "done");
    CHECK(database.ask("SELECT y FROM v") == "1");
}

TEST_CASE("a repeatable script that gives up the lock is rolled back") {
    const TemporaryDatabase database;
    const Files files{{"V1__t.sql", "CREATE TABLE t (x int);"}, {"R__v.sql", "SELECT 1;"}};
    REQUIRE(outcome_of(migrate(database, files)) == "done");
    const auto report =
        migrate(database, {files[0], {"R__v.sql", "CREATE TABLE u (x int); SELECT pg_advisory_unlock_all();"}});
    CHECK(outcome_of(report) == "LockLost 23502 R__v.sql");
    CHECK(database.ask("SELECT to_regclass('u') IS NULL") == "t");
}

TEST_CASE("a repeatable script without a transaction is run statement by statement, each time that it was edited") {
    const TemporaryDatabase database;
    const auto files = [](const std::string& column) {
        return Files{
            {"V1__t.sql", "CREATE TABLE t (x int, y int);"},
            {"R__i.sql", "DROP INDEX CONCURRENTLY IF EXISTS i; CREATE INDEX CONCURRENTLY i ON t (" + column + ");"}};
    };
    CHECK(outcome_of(migrate(database, files("x"))) == "done");
    CHECK(outcome_of(migrate(database, files("y"))) == "done");
    CHECK(database.ask("SELECT pg_get_indexdef('i'::regclass)") == "CREATE INDEX i ON public.t USING btree (y)");
    CHECK(database.ask("SELECT concat_ws('|', transactional, statements_done, prefix IS NULL) FROM lockkeeper_history "
                       "WHERE version = 'R__i'") == "f|2|t");
    CHECK(migrate(database, files("y")).ran.empty());
}

TEST_CASE("scripts of each layout go up and back down") {
    const auto files = GENERATE(
        Files{{"1_a.sql", "-- +goose Up\nCREATE TABLE a (x int);\n-- +goose Down\nDROP TABLE a;"},
              {"2_b.sql",
               "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY i ON a (x);\n-- +goose Down\nDROP "
               "INDEX CONCURRENTLY i;"}},
        Files{{"1_a.sql", "-- migrate:up\nCREATE TABLE a (x int);\n-- migrate:down\nDROP TABLE a;"},
              {"2_b.sql",
               "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON a (x);\n-- migrate:down "
               "transaction:false\nDROP INDEX CONCURRENTLY i;"}},
        Files{{"1_a.sql", "CREATE TABLE a (x int);\n---- create above / drop below ----\nDROP TABLE a;"},
              {"2_b.sql",
               "---- tern: disable-tx ----\nCREATE INDEX CONCURRENTLY i ON a (x);\n---- create above / drop below "
               "----\n---- tern: disable-tx ----\nDROP INDEX CONCURRENTLY i;"}},
        Files{{"V1__a.sql", "CREATE TABLE a (x int);"},
              {"U1__a.sql", "DROP TABLE a;"},
              {"V2__b.sql", "CREATE INDEX CONCURRENTLY i ON a (x);"},
              {"V2__b.sql.conf", "executeInTransaction=false"},
              {"U2__b.sql", "DROP INDEX CONCURRENTLY i;"},
              {"U2__b.sql.conf", "executeInTransaction=false"}});
    const auto source_is_there = GENERATE(true, false);
    const TemporaryDatabase database;
    CHECK(outcome_of(migrate(database, files)) == "done");
    CHECK(history_of(database) == "1 2");
    CHECK(database.ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") == "t");
    CHECK(outcome_of(migrate(database, source_is_there ? files : Files{},
                             {{}, migration::Rollback::Allow, migration::Extent::RollBackAll})) == "done");
    CHECK(database.ask("SELECT to_regclass('a') IS NULL AND to_regclass('i') IS NULL") == "t");
}

TEST_CASE("a failure in a section is told by its line in the whole file") {
    const TemporaryDatabase database;
    const Files files{
        {"1_a.sql", "-- +goose Up\nSELECT 1;\n\nSELECT nope;\n-- +goose Down\nSELECT 2;\nSELECT gone;\n"}};
    CHECK(outcome_of(migrate(database, files)) == "ScriptFailed 42703 1_a.sql:4:8 #2");
}
