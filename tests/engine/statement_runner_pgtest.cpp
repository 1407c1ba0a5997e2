#include "engine/advisory_lock.hpp"
#include "support/run.hpp"

#include <catch2/catch.hpp>

#include <thread>

using namespace lockkeeper;
using tests::Files;
using tests::migrate;
using tests::outcome_of;
using tests::TemporaryDatabase;

namespace {

const std::string table =
    "CREATE TABLE orders (id int PRIMARY KEY, customer int);"
    "INSERT INTO orders SELECT i, i / 2 FROM generate_series(1, 1000) i;";

std::string row_of(const TemporaryDatabase& database, const std::string& version) {
    return database.ask(
        "SELECT concat_ws(' ', direction, statements_done, statements, statement_begun, prefix IS NULL) "
        "FROM lockkeeper_history WHERE version = '" +
        version + "'");
}

std::string indexes_of(const TemporaryDatabase& database) {
    return database.ask(
        "SELECT string_agg(indexrelid::regclass || CASE WHEN indisvalid THEN '' ELSE ' INVALID' END, ' ' "
        "ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = 'orders'::regclass");
}

/// Puts the history where a runner leaves it that dies in the middle of a statement.
void die_in(const TemporaryDatabase& database, const std::string& version, int begun) {
    database.run("UPDATE lockkeeper_history SET statements_done = " + std::to_string(begun - 1) +
                 ", statement_begun = " + std::to_string(begun) + " WHERE version = '" + version + "'");
}

}  // namespace

TEST_CASE("a script with a concurrent index build runs without a transaction and is recorded so") {
    const TemporaryDatabase database;
    const auto report = migrate(database, {{"1_a.sql", table},
                                           {"2_b.sql",
                                            "ALTER TABLE orders ADD COLUMN at timestamptz;\n"
                                            "CREATE INDEX CONCURRENTLY by_customer ON orders (customer);\n"
                                            "CREATE INDEX by_at ON orders (at); -- last"},
                                           {"3_c.sql", "CREATE TABLE after_it (a int);"}});
    CHECK(outcome_of(report) == "done");
    CHECK(indexes_of(database) == "by_at by_customer orders_pkey");
    CHECK(row_of(database, "2_b") == "up 3 3 0 t");
    CHECK(database.ask("SELECT string_agg(transactional::text, ' ' ORDER BY version) FROM lockkeeper_history") ==
          "true false true");
    CHECK(database.ask("SELECT string_agg(checksum, '') FROM lockkeeper_history WHERE checksum !~ '^sha256:'").empty());
}

TEST_CASE("a statement that fails leaves those before it, and the mended script goes on behind them") {
    const TemporaryDatabase database;
    const std::string head = "-- lockkeeper:no-transaction\nCREATE TABLE once (a int);\nINSERT INTO once VALUES (1);\n";
    const auto failed = migrate(database, {{"1_a.sql", head + "INSERT INTO twice VALUES (2);\nSELECT 1;"}});
    CHECK(outcome_of(failed) == "ScriptFailed 42P01 1_a.sql:4:13 #3");
    CHECK(failed.failure->message.find("the 2 statements before it stay") != std::string::npos);
    CHECK(failed.database->applied_count == 0);
    CHECK(failed.database->pending_count == 1);
    CHECK(row_of(database, "1_a") == "up 2 4 0 f");

    const auto edited = migrate(database, {{"1_a.sql",
                                            "-- lockkeeper:no-transaction\nCREATE TABLE once (a int, b int);\n"
                                            "INSERT INTO once VALUES (1);\nINSERT INTO once VALUES (2);"}});
    CHECK(edited.failure->kind == migration::FailureKind::ChecksumMismatch);
    CHECK(
        edited.failure->message ==
        "the first 2 statements of '1_a.sql' have run already and were edited since; undo that edit (statements behind "
        "them may change)");

    const auto mended = migrate(database, {{"1_a.sql", head + "-- now right\nINSERT INTO once VALUES (2);"}});
    CHECK(outcome_of(mended) == "done");
    CHECK(database.ask("SELECT string_agg(a::text, ' ') FROM once") == "1 2");
    CHECK(row_of(database, "1_a") == "up 3 3 0 t");
    CHECK(outcome_of(migrate(database, {{"1_a.sql", head + "-- now right\nINSERT INTO once VALUES (2);"}})) == "done");
}

TEST_CASE("a build that fails leaves no INVALID index behind") {
    const TemporaryDatabase database;
    const auto failed = migrate(
        database,
        {{"1_a.sql", table}, {"2_b.sql", "CREATE UNIQUE INDEX CONCURRENTLY by_customer ON orders (customer);"}});
    CHECK(outcome_of(failed) == "ScriptFailed 23505 2_b.sql:1:1 #1");
    CHECK(indexes_of(database) == "orders_pkey");
    CHECK(row_of(database, "2_b") == "up 0 1 0 f");
}

TEST_CASE("an INVALID index that someone left is built again, also by IF NOT EXISTS") {
    const TemporaryDatabase database;
    database.run(table);
    auto connection = database.connect();
    CHECK_THROWS(connection.query("CREATE UNIQUE INDEX CONCURRENTLY by_customer ON orders (customer)"));
    REQUIRE(indexes_of(database) == "by_customer INVALID orders_pkey");
    const Files files{{"1_a.sql", "CREATE INDEX CONCURRENTLY IF NOT EXISTS by_customer ON orders (customer);"}};
    CHECK(outcome_of(migrate(database, files)) == "done");
    CHECK(indexes_of(database) == "by_customer orders_pkey");
}

TEST_CASE("a build in doubt is looked up: finished it is not built again, INVALID it is, and missing it is") {
    const TemporaryDatabase database;
    const Files files{{"1_a.sql", table}, {"2_b.sql", "CREATE INDEX CONCURRENTLY by_customer ON orders (customer);"}};
    // Stopped behind the build, before its journal entry: the history as it is written in front of it.
    auto holder = database.connect();
    REQUIRE(outcome_of(migrate(database, files)) == "done");
    const auto prefix = database.ask(
        "SELECT 'sha256:' || encode(sha256(convert_to('sha256:' || "
        "encode(sha256(''), 'hex') || E'\\nCREATE INDEX CONCURRENTLY by_customer ON orders "
        "(customer)', 'utf8')), 'hex')");
    database.run("UPDATE lockkeeper_history SET prefix = '" + prefix + "' WHERE version = '2_b'");
    die_in(database, "2_b", 1);
    const auto oid = database.ask("SELECT 'by_customer'::regclass::oid");

    SECTION("finished") {
        CHECK(outcome_of(migrate(database, files)) == "done");
        CHECK(database.ask("SELECT 'by_customer'::regclass::oid") == oid);
    }
    SECTION("INVALID") {
        database.run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'by_customer'::regclass");
        CHECK(outcome_of(migrate(database, files)) == "done");
        CHECK(database.ask("SELECT 'by_customer'::regclass::oid") != oid);
    }
    SECTION("missing") {
        database.run("DROP INDEX by_customer");
        CHECK(outcome_of(migrate(database, files)) == "done");
    }
    CHECK(indexes_of(database) == "by_customer orders_pkey");
    CHECK(row_of(database, "2_b") == "up 1 1 0 t");
}

TEST_CASE("what is in doubt and cannot be looked up stops, and says so") {
    const TemporaryDatabase database;
    database.run(
        "CREATE TABLE t (a int); CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN INSERT INTO t VALUES (1); "
        "COMMIT; INSERT INTO t VALUES (2); END'");
    const Files files{{"1_a.sql", "-- lockkeeper:no-transaction\nCALL p();"}};
    REQUIRE(outcome_of(migrate(database, files)) == "done");
    CHECK(database.ask("SELECT count(*) FROM t") == "2");
    const auto prefix = database.ask(
        "SELECT 'sha256:' || encode(sha256(convert_to('sha256:' || "
        "encode(sha256(''), 'hex') || E'\\nCALL p()', 'utf8')), 'hex')");
    database.run("UPDATE lockkeeper_history SET prefix = '" + prefix + "'");
    die_in(database, "1_a", 1);
    CHECK(outcome_of(migrate(database, files)) == "StatementInDoubt 1_a.sql:2:1 #1");
    CHECK(database.ask("SELECT count(*) FROM t") == "2");
    const auto elsewhere = migrate(database, {{"2_b.sql", "SELECT 1;"}});
    CHECK(elsewhere.failure->kind == migration::FailureKind::StatementInDoubt);
    CHECK(elsewhere.failure->message.find("1_a was applied in part (0 of 1 statements)") == 0);
}

TEST_CASE("settings of a script without a transaction hold for its next statements, also when it is resumed") {
    const TemporaryDatabase database;
    database.run("CREATE SCHEMA shop; CREATE ROLE " + database.name() + "_r; GRANT ALL ON SCHEMA shop TO " +
                 database.name() + "_r");
    const std::string head = "-- lockkeeper:no-transaction\nSET search_path = shop;\nSET ROLE " + database.name() +
                             "_r;\nCREATE TABLE inside (a int);\n";
    CHECK(outcome_of(migrate(database, {{"1_a.sql", head + "SELECT 1/0;"}})) == "ScriptFailed 22012 1_a.sql:5:1 #4");
    CHECK(outcome_of(migrate(database, {{"1_a.sql", head + "CREATE TABLE too (a int);"},
                                        {"2_b.sql", "CREATE TABLE outside (a int);"}})) == "done");
    CHECK(
        database.ask("SELECT string_agg(oid::regclass || ' ' || pg_get_userbyid(relowner), ', ' ORDER BY relname) FROM "
                     "pg_class WHERE relname IN ('inside', 'too', 'outside')") ==
        "shop.inside " + database.name() + "_r, outside postgres, shop.too " + database.name() + "_r");
    database.run("DROP SCHEMA shop CASCADE; DROP ROLE " + database.name() + "_r");
}

TEST_CASE("a script without a transaction that lets go of the lock is stopped at that statement") {
    const TemporaryDatabase database;
    const auto report = migrate(database, {{"1_a.sql",
                                            "-- lockkeeper:no-transaction\nSELECT 1;\n"
                                            "SELECT pg_advisory_unlock_all();\nCREATE TABLE t (a int);"}});
    CHECK(report.failure->kind == migration::FailureKind::LockLost);
    CHECK(row_of(database, "1_a") == "up 1 3 0 f");
    CHECK(database.ask("SELECT to_regclass('t') IS NULL") == "t");
}

TEST_CASE("a rollback without a transaction goes back statement by statement and takes the row out at its end") {
    const TemporaryDatabase database;
    Files files{{"1_a.sql", table},
                {"2_b.up.sql", "CREATE INDEX CONCURRENTLY by_customer ON orders (customer);"},
                {"2_b.down.sql", "SELECT 1;\nDROP INDEX CONCURRENTLY by_customer;\nSELECT 1/0;"}};
    REQUIRE(outcome_of(migrate(database, files)) == "done");
    const migration::Goal back{"1_a", migration::Rollback::Allow};
    CHECK(outcome_of(migrate(database, files, back)) == "ScriptFailed 22012 2_b.down.sql:3:1 #3");
    CHECK(row_of(database, "2_b") == "down 2 3 0 f");
    CHECK(migrate(database, files).failure->kind == migration::FailureKind::StatementInDoubt);
    files[2].text = "SELECT 1;\nDROP INDEX CONCURRENTLY by_customer;";
    CHECK(outcome_of(migrate(database, files, back)) == "done");
    CHECK(indexes_of(database) == "orders_pkey");
    CHECK(database.ask("SELECT string_agg(version, ' ') FROM lockkeeper_history") == "1_a");
}

TEST_CASE("COPY with its rows runs in a script without a transaction too") {
    const TemporaryDatabase database;
    const Files files{{"1_a.sql",
                       "-- lockkeeper:no-transaction\nCREATE TABLE t (a int);\nCOPY t FROM stdin;\n1\n2\n\\.\n"
                       "INSERT INTO t VALUES (3);"}};
    CHECK(outcome_of(migrate(database, files)) == "done");
    CHECK(database.ask("SELECT string_agg(a::text, ' ') FROM t") == "1 2 3");
}

TEST_CASE("a concurrent build does not fail by lock_timeout while it waits for an old transaction") {
    const TemporaryDatabase database;
    database.run(table);
    auto old = database.connect();
    old.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    old.query("SELECT count(*) FROM orders");
    engine::Migrator::Options options;
    options.session.lock_timeout = std::chrono::milliseconds(100);
    std::jthread release([&] {
        while (database.ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                            "wait_event = 'virtualxid' AND clock_timestamp() - state_change > '500ms'") != "1") {
            std::this_thread::yield();
        }
        old.query("COMMIT");
    });
    const Files files{{"1_a.sql", "CREATE INDEX CONCURRENTLY by_customer ON orders (customer);"},
                      {"2_b.sql", "DO $$BEGIN ASSERT current_setting('lock_timeout') = '100ms'; END$$;"}};
    CHECK(outcome_of(migrate(database, files, {}, options)) == "done");
    CHECK(indexes_of(database) == "by_customer orders_pkey");
}
