// Histories as other tools write them, adopted in a real database. (What the tools that can be had write themselves is
// in adoption_peertest.cpp.)
#include "engine/advisory_lock.hpp"
#include "migration/adoption.hpp"
#include "support/ordinary_role.hpp"
#include "support/run.hpp"
#include "support/temporary_database.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using namespace lockkeeper::tests;
using migration::Tool;

namespace {

const Files shop{{"0001_a.up.sql", "CREATE TABLE a (x int);"},
                 {"0001_a.down.sql", "DROP TABLE a;"},
                 {"0002_b.up.sql", "CREATE TABLE b (x int);"},
                 {"0003_c.up.sql", "CREATE TABLE c (x int);"}};

/// What the shop has when its first two scripts are applied.
constexpr auto half = "CREATE TABLE a (x int); CREATE TABLE b (x int);";

const std::string flyway_table =
    "CREATE TABLE flyway_schema_history (installed_rank INT NOT NULL PRIMARY KEY, version VARCHAR(50), description "
    "VARCHAR(200) NOT NULL, type VARCHAR(20) NOT NULL, script VARCHAR(1000) NOT NULL, checksum INTEGER, installed_by "
    "VARCHAR(100) NOT NULL, installed_on TIMESTAMP NOT NULL DEFAULT now(), execution_time INTEGER NOT NULL, success "
    "BOOLEAN NOT NULL);";

const std::string atlas_table =
    "CREATE SCHEMA atlas_schema_revisions; CREATE TABLE atlas_schema_revisions.atlas_schema_revisions (version varchar "
    "PRIMARY KEY, description varchar NOT NULL, type bigint NOT NULL DEFAULT 2, applied bigint NOT NULL DEFAULT 0, "
    "total bigint NOT NULL DEFAULT 0, executed_at timestamptz NOT NULL, execution_time bigint NOT NULL, error text, "
    "error_stmt text, hash varchar NOT NULL, partial_hashes jsonb, operator_version varchar NOT NULL);";

migration::Goal adopting(Tool from = Tool::Auto, std::optional<std::string> table = {}) {
    migration::Goal goal;
    goal.adopt = {from, std::move(table)};
    return goal;
}

std::string history_of(const TemporaryDatabase& database) {
    return database.ask("SELECT string_agg(version, ' ' ORDER BY version) FROM public.lockkeeper_history");
}

/// Has nothing been written to a history, nor one been made?
bool has_no_history(const TemporaryDatabase& database) {
    return database.ask("SELECT to_regclass('public.lockkeeper_history') IS NULL") == "t";
}

}  // namespace

TEST_CASE("another tool's history is adopted in place, and what is pending runs") {
    const TemporaryDatabase database;
    database.run(half);
    const auto* const table = GENERATE(
        "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO "
        "schema_migrations VALUES (2, false)",
        "CREATE TABLE schema_version (version int4 NOT NULL); INSERT INTO schema_version VALUES (2)",
        "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY); INSERT INTO schema_migrations VALUES "
        "('1'), ('0002')",
        "CREATE TABLE schema_migrations (file text); INSERT INTO schema_migrations VALUES ('0001_a'), "
        "('0002_b.up.sql')",
        "CREATE SCHEMA old; CREATE TABLE old.goose_db_version (id serial PRIMARY KEY, version_id bigint, is_applied "
        "boolean, tstamp timestamp DEFAULT now()); INSERT INTO old.goose_db_version (version_id, is_applied) VALUES "
        "(0, true), (1, true), (2, true), (3, true), (3, false)");
    database.run(table);
    const auto report = migrate(database, shop, adopting());
    CHECK(outcome_of(report) == "done");
    CHECK(report.recorded_count == 2);
    REQUIRE(report.ran.size() == 1);
    CHECK(report.ran[0].version == "0003_c");
    CHECK(report.database->missing_count == 0);
    CHECK(history_of(database) == "0001_a 0002_b 0003_c");
    CHECK(database.ask("SELECT source LIKE 'adopted from %' AND down_script = 'DROP TABLE a;' AND checksum = '" +
                       migration::checksum_of(shop[0].text) + "' FROM lockkeeper_history WHERE version = '0001_a'") ==
          "t");

    const auto again = migrate(database, shop, adopting());
    CHECK(outcome_of(again) == "done");
    CHECK(again.recorded_count == 0);
    CHECK(again.ran.empty());
}

TEST_CASE("a dirty version of golang-migrate is refused, and nothing is adopted or run") {
    const TemporaryDatabase database;
    database.run(half);
    database.run(
        "CREATE TABLE schema_migrations (version bigint, dirty boolean); INSERT INTO schema_migrations VALUES "
        "(2, true)");
    const auto report = migrate(database, shop, adopting());
    CHECK(outcome_of(report) == "AdoptionRefused");
    CHECK_THAT(report.failure->message, Catch::Contains("dirty at version 2"));
    CHECK(has_no_history(database));
    CHECK(database.ask("SELECT dirty FROM schema_migrations") == "t");
}

TEST_CASE("Flyway's history is adopted with its repeatable scripts, rollbacks and times") {
    const TemporaryDatabase database;
    const Files files{{"V1__a.sql", "CREATE TABLE a (x int);\n"},
                      {"V1.1__b.sql", "CREATE TABLE b (x int);\n"},
                      {"V2__c.sql", "CREATE TABLE c (x int);\n"},
                      {"R__new.sql", "CREATE OR REPLACE VIEW new AS SELECT 2 AS y;\n"},
                      {"R__old.sql", "CREATE VIEW old AS SELECT 1 AS y;\n"}};
    const auto crc = [&](std::size_t file) { return migration::flyway_checksum(files[file].text).substr(6); };
    database.run(
        std::string(half) + "CREATE VIEW new AS SELECT 1 AS y; CREATE VIEW old AS SELECT 1 AS y;" + flyway_table +
        "INSERT INTO flyway_schema_history VALUES (0, NULL, '<< Flyway Schema Creation >>', 'SCHEMA', '\"x\"', "
        "NULL, 'u', now(), 0, true), (1, '1', 'a', 'SQL', 'V1__a.sql', " +
        crc(0) + ", 'u', '2020-02-29 01:02:03', 5, true), (2, '1.1', 'b', 'SQL', 'sub/V1.1__b.sql', " + crc(1) +
        ", 'u', now(), 5, true), (3, '2', 'c', 'SQL', 'V2__c.sql', " + crc(2) +
        ", 'u', now(), 5, true), (4, '2', 'c', 'UNDO_SQL', 'U2__c.sql', 5, 'u', now(), 5, true), (5, NULL, "
        "'old', 'SQL', 'views/R__old.sql', " +
        crc(4) + ", 'u', now(), 5, true), (6, NULL, 'new', 'SQL', 'R__new.sql', 17, 'u', now(), 5, true)");
    const auto report = migrate(database, files, adopting(Tool::Flyway));
    CHECK(outcome_of(report) == "done");
    CHECK(report.recorded_count == 4);
    CHECK(report.ran.size() == 2);
    CHECK(history_of(database) == "1 1.1 2 R__new R__old");
    CHECK(database.ask("SELECT y FROM new") == "2");
    CHECK(database.ask("SELECT applied_at = '2020-02-29 01:02:03'::timestamp FROM lockkeeper_history WHERE version = "
                       "'1'") == "t");
    CHECK(migrate(database, files).ran.empty());
}

TEST_CASE("a failed row of Flyway is refused, and a baseline is taken for all up to it") {
    const Files files{{"V1__a.sql", "CREATE TABLE a (x int);"},
                      {"V2__b.sql", "CREATE TABLE b (x int);"},
                      {"V4__c.sql", "CREATE TABLE c (x int);"}};
    const TemporaryDatabase database;
    database.run(flyway_table +
                 "INSERT INTO flyway_schema_history VALUES (1, '3', '<< Flyway Baseline >>', 'BASELINE', "
                 "'<< Flyway Baseline >>', NULL, 'u', now(), 0, true), (2, '4', 'c', 'SQL', "
                 "'V4__c.sql', NULL, 'u', now(), 5, false)");
    CHECK(outcome_of(migrate(database, files, adopting())) == "AdoptionRefused");
    CHECK(has_no_history(database));
    database.run("DELETE FROM flyway_schema_history WHERE NOT success");
    const auto report = migrate(database, files, adopting());
    CHECK(outcome_of(report) == "done");
    CHECK(report.recorded_count == 2);
    CHECK(report.ran.size() == 1);
}

TEST_CASE("Atlas's history is adopted from its own schema, and one that is applied in part is refused") {
    const TemporaryDatabase database;
    const Files files{{"20260101_a.sql", "CREATE TABLE a (x int);"},
                      {"20260102_b.sql", "CREATE TABLE b (x int);"},
                      {"20260103_c.sql", "CREATE TABLE c (x int);"}};
    database.run(
        half + atlas_table +
        "INSERT INTO atlas_schema_revisions.atlas_schema_revisions VALUES ('.atlas_cloud_identifier', 'id', 0, "
        "0, 0, now(), 0, '', '', '', NULL, 'v'), ('20260101', 'baseline', 1, 0, 0, now(), 0, '', '', '', "
        "NULL, 'v'), ('20260102', 'b', 2, 1, 3, now(), 5, 'it failed', 'x', 'h1', NULL, 'v')");
    CHECK(outcome_of(migrate(database, files, adopting())) == "AdoptionRefused");
    CHECK(has_no_history(database));
    database.run("UPDATE atlas_schema_revisions.atlas_schema_revisions SET applied = 3 WHERE total = 3");
    const auto report = migrate(database, files, adopting(Tool::Atlas));
    CHECK(outcome_of(report) == "done");
    CHECK(report.recorded_count == 2);
    CHECK(history_of(database) == "20260101_a 20260102_b 20260103_c");
}

TEST_CASE("two histories are refused until one is named, and a named table is read whatever its schema") {
    const TemporaryDatabase database;
    database.run(half);
    database.run(
        "CREATE SCHEMA \"Old one\"; CREATE TABLE \"Old one\".schema_migrations (version text, at timestamptz); "
        "INSERT INTO \"Old one\".schema_migrations VALUES ('0001_a', now()), ('0002_b', now()), ('0009_gone', "
        "now()); CREATE TABLE schema_version (version int); CREATE TABLE schema_migrations (version bigint, "
        "dirty boolean)");
    const auto unclear = migrate(database, shop, adopting());
    CHECK(outcome_of(unclear) == "AdoptionRefused");
    CHECK_THAT(unclear.failure->message, Catch::Contains("public.schema_migrations and public.schema_version"));
    CHECK(outcome_of(migrate(database, shop, adopting(Tool::Goose, "public.schema_version"))) == "AdoptionRefused");
    CHECK(has_no_history(database));

    const auto report = migrate(database, shop, adopting(Tool::Versions, "Old one.schema_migrations"));
    CHECK(outcome_of(report) == "OutOfOrder 0003_c.up.sql");
    CHECK(has_no_history(database));
    auto goal = adopting(Tool::Versions, "Old one.schema_migrations");
    goal.policy.out_of_order = migration::OutOfOrder::Allow;
    const auto settled = migrate(database, shop, goal);
    CHECK(outcome_of(settled) == "done");
    CHECK(settled.recorded_count == 3);
    CHECK(settled.database->missing == std::vector<std::string>{"0009_gone"});
    CHECK(database.ask("SELECT checksum FROM lockkeeper_history WHERE version = '0009_gone'") == "unknown");
}

TEST_CASE("a table that may not be read is no table that is not there") {
    const TemporaryDatabase database;
    const tests::OrdinaryRole role(database);
    database.run("CREATE TABLE schema_version (version int)");
    engine::SystemClock clock;
    engine::RunListener nobody;
    engine::Migrator migrator(role.connection_url(), {}, clock);
    CHECK(outcome_of(migrator.migrate(migration::ScriptSet::read(shop), adopting(), nobody, {})) ==
          "HistoryUnusable 42501");
    CHECK(has_no_history(database));
}

TEST_CASE("in a new database there is nothing to adopt, and every script runs") {
    const TemporaryDatabase database;
    const auto report = migrate(database, shop, adopting(Tool::GolangMigrate));
    CHECK(outcome_of(report) == "done");
    CHECK(report.ran.size() == 3);
    CHECK(report.warnings == std::vector<std::string>{"no history of another tool was found to adopt"});
}

TEST_CASE("an adoption is shown before it is done, and changes nothing then") {
    const TemporaryDatabase database;
    database.run(half);
    database.run("CREATE TABLE schema_version (version int); INSERT INTO schema_version VALUES (2)");
    engine::SystemClock clock;
    engine::Migrator migrator(database.connection_url(), {}, clock);
    const auto inspection = migrator.inspect(migration::ScriptSet::read(shop), adopting(), {});
    CHECK(inspection.plan.adopted_from == "public.schema_version");
    CHECK(inspection.plan.to_record.size() == 2);
    CHECK(inspection.plan.steps.size() == 1);
    CHECK(has_no_history(database));
}
