#include "engine/migrator.hpp"
#include "support/run.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using tests::Files;
using tests::migrate;
using tests::outcome_of;
using tests::TemporaryDatabase;

namespace {

const Files shop{{"0001_customers.up.sql", "CREATE TABLE customers (id int PRIMARY KEY, name text);"},
                 {"0001_customers.down.sql", "DROP TABLE customers;"},
                 {"0002_orders.up.sql", "CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers);"},
                 {"0002_orders.down.sql", "DROP TABLE orders;"}};

Files with(Files files, const std::string& name, const std::string& text) {
    files.push_back({name, text});
    return files;
}

std::string history_of(const TemporaryDatabase& database) {
    return database.ask("SELECT string_agg(version, ' ' ORDER BY applied_at) FROM public.lockkeeper_history");
}

bool exists(const TemporaryDatabase& database, const std::string& table) {
    return database.ask("SELECT to_regclass('" + table + "') IS NOT NULL") == "t";
}

}  // namespace

TEST_CASE("up applies all scripts, records each, and a second run finds nothing to do") {
    const TemporaryDatabase database;
    const auto first = migrate(database, shop);
    CHECK(outcome_of(first) == "done");
    CHECK(first.ran.size() == 2);
    CHECK(first.database->current_version == "0002_orders");
    CHECK(first.database->applied_count == 2);
    CHECK(first.database->pending_count == 0);
    CHECK(first.database->newest.front().version == "0002_orders");
    CHECK(history_of(database) == "0001_customers 0002_orders");

    const auto before = database.ask("SELECT string_agg(xmin::text || ctid::text, ' ') FROM public.lockkeeper_history");
    const auto second = migrate(database, shop);
    CHECK(outcome_of(second) == "done");
    CHECK(second.ran.empty());
    CHECK(database.ask("SELECT string_agg(xmin::text || ctid::text, ' ') FROM public.lockkeeper_history") == before);
}

TEST_CASE("a run with nothing to do on an empty database creates nothing") {
    const TemporaryDatabase database;
    CHECK(outcome_of(migrate(database, {})) == "done");
    CHECK_FALSE(exists(database, "public.lockkeeper_history"));
}

TEST_CASE("a failed script leaves nothing behind, says where it failed, and heals when it is mended") {
    const TemporaryDatabase database;
    const auto broken = with(shop, "0003_broken.up.sql",
                             "CREATE TABLE t (a int);\nINSERT INTO t VALUES (1);\n  INSERT INTO nope VALUES (1);\n");
    const auto report = migrate(database, broken);
    CHECK(outcome_of(report) == "ScriptFailed 42P01 0003_broken.up.sql:3:15 #3");
    CHECK(report.failure->excerpt == "  INSERT INTO nope VALUES (1);");
    CHECK(report.failure->message == "relation \"nope\" does not exist");
    CHECK(report.database->applied_count == 2);
    CHECK(report.database->pending == std::vector<std::string>{"0003_broken"});
    CHECK_FALSE(exists(database, "t"));
    CHECK(outcome_of(migrate(database, with(shop, "0003_broken.up.sql", "CREATE TABLE t (a int);"))) == "done");
    CHECK(exists(database, "t"));
}

TEST_CASE("a failure points at its statement when PostgreSQL gives no position, and at the end when it is cut off") {
    const TemporaryDatabase database;
    CHECK(outcome_of(migrate(database, {{"1_a.sql", "SELECT 'ä';\n\n-- why\n  SELECT 1/0;\nSELECT 2;"}})) ==
          "ScriptFailed 22012 1_a.sql:4:3 #2");
    CHECK(outcome_of(migrate(database, {{"1_a.sql", "SELECT 1;\nSELECT (1 +\n"}})) ==
          "ScriptFailed 42601 1_a.sql:2:12 #2");
    CHECK(outcome_of(migrate(database, {{"1_a.sql", "\xEF\xBB\xBFSELECT 'ä', nope"}})) ==
          "ScriptFailed 42703 1_a.sql:1:13 #1");
}

TEST_CASE("a script that ends in a comment is committed with its row") {
    const TemporaryDatabase database;
    engine::Migrator::Options options;
    options.scripts_in_flight = GENERATE(1, 64);  // one message, or one statement after the other
    const auto report = migrate(
        database,
        {{"1_a.sql", "CREATE TABLE a (x int) -- trailing"}, {"2_b.sql", "-- nothing but a comment"}, {"3_c.sql", ""}},
        {}, options);
    CHECK(outcome_of(report) == "done");
    CHECK(exists(database, "a"));
    CHECK(history_of(database) == "1_a 2_b 3_c");
}

TEST_CASE("a script that gives up the lock is rolled back and said so") {
    const TemporaryDatabase database;
    const auto key = std::to_string(engine::LockKey::of({"public", "lockkeeper_history"}).value);
    for (const std::string& release : {std::string("SELECT pg_advisory_unlock_all();"),
                                       std::string("DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$"),
                                       "SELECT pg_advisory_unlock(" + key + "), pg_advisory_unlock(" + key + ");"}) {
        const auto report = migrate(database, {{"1_a.sql", "CREATE TABLE a (x int);\n" + release}});
        CHECK(outcome_of(report) == "LockLost 23502 1_a.sql");
        CHECK_FALSE(exists(database, "a"));
    }
}

TEST_CASE("what a script does to its session reaches neither its history row nor the next script") {
    const TemporaryDatabase database;
    database.run("CREATE ROLE " + database.name() + "_app");
    database.run("GRANT CREATE, USAGE ON SCHEMA public TO " + database.name() + "_app");
    const auto report =
        migrate(database,
                {{"1_role.sql", "SET ROLE " + database.name() +
                                    "_app; SET search_path = ''; SET lock_timeout = 1; CREATE TABLE public.a (x int);"},
                 {"2_auth.sql", "SET SESSION AUTHORIZATION " + database.name() +
                                    "_app; CREATE TEMP TABLE lockkeeper_history (x int); PREPARE q AS SELECT 1;"},
                 {"3_check.sql",
                  "CREATE TABLE seen AS SELECT current_user::text AS who, current_setting('search_path') AS path, "
                  "current_setting('lock_timeout') AS lock_timeout, to_regclass('pg_temp.lockkeeper_history')::text AS "
                  "temporary, "
                  "(SELECT count(*) FROM pg_prepared_statements) AS prepared, "
                  "current_setting('client_connection_check_interval') AS guard;"}});
    CHECK(outcome_of(report) == "done");
    CHECK(database.ask("SELECT concat_ws('|', who, path, lock_timeout, temporary, prepared, guard) FROM seen") ==
          "postgres|\"$user\", public|5s|0|1s");
    CHECK(history_of(database) == "1_role 2_auth 3_check");
    database.run("DROP OWNED BY " + database.name() + "_app; DROP ROLE " + database.name() + "_app");
}

TEST_CASE("deferred constraints are checked under the script's own search path, and their failure rolls it back") {
    const TemporaryDatabase database;
    const Files files{{"1_a.sql",
                       "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p "
                       "DEFERRABLE INITIALLY DEFERRED);"},
                      {"2_b.sql", "INSERT INTO c VALUES (7);"}};
    const auto report = migrate(database, files);
    CHECK(outcome_of(report) == "ScriptFailed 23503 2_b.sql");
    CHECK(database.ask("SELECT count(*) FROM c") == "0");
    CHECK(history_of(database) == "1_a");
}

TEST_CASE("COPY with inline rows runs in the script's transaction") {
    const TemporaryDatabase database;
    const std::string good =
        "CREATE TABLE t (a int, b text);\nCOPY t FROM stdin;\n1\tone; 'two'\n2\t\\N\n\\.\n\nCOPY t (a) FROM "
        "stdin;\n3\n\\.\nINSERT INTO t VALUES (4);";
    CHECK(outcome_of(migrate(database, {{"1_a.sql", good}})) == "done");
    CHECK(database.ask("SELECT count(*) || min(b) FROM t") == "4one; 'two'");

    const auto bad =
        migrate(database, {{"1_a.sql", good}, {"2_b.sql", "CREATE TABLE u (a int);\nCOPY u FROM stdin;\nx\n\\.\n"}});
    CHECK(outcome_of(bad) == "ScriptFailed 22P02 2_b.sql:2:1 #2");
    CHECK_THAT(bad.failure->message, !Catch::Contains("\"x\""));
    CHECK_FALSE(exists(database, "u"));
    const auto late = migrate(
        database, {{"1_a.sql", good},
                   {"2_b.sql", "CREATE TABLE u (a int);\nCOPY u FROM stdin;\n1\n\\.\nSELECT 1;\nSELECT nope;"}});
    CHECK(outcome_of(late) == "ScriptFailed 42703 2_b.sql:6:8 #4");
    CHECK_FALSE(exists(database, "u"));
}

TEST_CASE("down rolls back by the source's scripts, and by the stored ones when the source is gone") {
    const TemporaryDatabase database;
    REQUIRE(outcome_of(migrate(database, shop)) == "done");
    CHECK(outcome_of(migrate(database, shop, {{}, migration::Rollback::Allow, migration::Extent::RollBackNewest})) ==
          "done");
    CHECK(history_of(database) == "0001_customers");
    CHECK_FALSE(exists(database, "orders"));
    const auto report = migrate(database, {}, {{}, migration::Rollback::Allow, migration::Extent::RollBackAll});
    CHECK(outcome_of(report) == "done");
    CHECK(report.database->applied_count == 0);
    CHECK_FALSE(exists(database, "customers"));
}

TEST_CASE("a down script that gives up the lock is rolled back") {
    const TemporaryDatabase database;
    const Files files{{"1_a.up.sql", "CREATE TABLE a (x int)"},
                      {"1_a.down.sql", "DROP TABLE a; SELECT pg_advisory_unlock_all()"}};
    REQUIRE(outcome_of(migrate(database, files)) == "done");
    CHECK(outcome_of(migrate(database, files, {{}, migration::Rollback::Allow, migration::Extent::RollBackAll})) ==
          "LockLost 22012 1_a.down.sql");
    CHECK(exists(database, "a"));
    CHECK(history_of(database) == "1_a");
}

TEST_CASE("a history in a schema of its own is created with it") {
    const TemporaryDatabase database;
    CHECK(outcome_of(migrate(database, shop, {}, {.history_table = {"ops \"x", "h.1"}})) == "done");
    CHECK(database.ask("SELECT count(*) FROM \"ops \"\"x\".\"h.1\"") == "2");
}

TEST_CASE("a table of another shape is not taken for a history") {
    const TemporaryDatabase database;
    database.run("CREATE TABLE public.lockkeeper_history (id int)");
    CHECK(outcome_of(migrate(database, shop)) == "HistoryUnusable 42703");
    CHECK_FALSE(exists(database, "customers"));
}

TEST_CASE("a history that moved to an empty table is refused, to a full one accepted") {
    const TemporaryDatabase database;
    REQUIRE(outcome_of(migrate(database, shop)) == "done");
    const engine::Migrator::Options moved{.history_table = {"public", "other"},
                                          .known_history_table = "public.lockkeeper_history"};
    CHECK(outcome_of(migrate(database, shop, {}, moved)) == "HistoryMoved");
    CHECK_FALSE(exists(database, "other"));
    database.run("ALTER TABLE lockkeeper_history RENAME TO other");
    CHECK(outcome_of(migrate(database, shop, {}, moved)) == "done");
}

TEST_CASE("statement and lock time-outs hold for scripts") {
    const TemporaryDatabase database;
    engine::Migrator::Options options;
    options.session = {std::chrono::milliseconds(50), std::chrono::milliseconds(50)};
    CHECK(outcome_of(migrate(database, {{"1_a.sql", "SELECT pg_sleep(10)"}}, {}, options)) ==
          "ScriptFailed 57014 1_a.sql:1:1 #1");
    database.run("CREATE TABLE busy (a int)");
    auto blocker = database.connect();
    blocker.query("BEGIN");
    blocker.query("LOCK TABLE busy");
    options.session.statement_timeout = {};
    const auto report =
        migrate(database, {{"1_a.sql", "CREATE TABLE before (a int); ALTER TABLE busy ADD b int"}}, {}, options);
    CHECK(outcome_of(report) == "WaitingForTableLock 55P03 1_a.sql:1:30 #2");
    CHECK_FALSE(exists(database, "before"));
}

TEST_CASE("a lock that is held elsewhere is named with its holder, and taken when it is free") {
    const TemporaryDatabase database;
    auto holder = database.connect("the holder");
    const auto key = engine::LockKey::of({"public", "lockkeeper_history"});
    holder.query("SELECT pg_advisory_lock(" + std::to_string(key.value) + ")");
    const auto report = migrate(database, shop, {}, {.acquire_timeout = std::chrono::milliseconds(100)});
    CHECK(outcome_of(report) == "WaitingForLock");
    CHECK_THAT(report.failure->message,
               Catch::Contains("held by pid " + std::to_string(holder.backend_pid()) + " (the holder)"));
    CHECK_FALSE(exists(database, "customers"));
    holder.query("SELECT pg_advisory_unlock_all()");
    CHECK(outcome_of(migrate(database, shop)) == "done");
}

TEST_CASE("the lock is free as soon as a run has ended, also a failed one") {
    const TemporaryDatabase database;
    migrate(database, with(shop, "0003_broken.up.sql", "nonsense"));
    const auto key = engine::LockKey::of({"public", "lockkeeper_history"});
    CHECK(database.ask("SELECT pg_try_advisory_lock(" + std::to_string(key.value) + ")") == "t");
}

TEST_CASE("the lock's key is the documented one") {
    // printf 'lockkeeper:public.lockkeeper_history' | sha256sum, the first 16 digits, as a signed number
    CHECK(engine::LockKey::of({"public", "lockkeeper_history"}).value == -4290972933790695265);
}

TEST_CASE("inspecting changes nothing and needs no lock") {
    const TemporaryDatabase database;
    engine::SystemClock clock;
    auto holder = database.connect();
    holder.query("SELECT pg_advisory_lock(" +
                 std::to_string(engine::LockKey::of({"public", "lockkeeper_history"}).value) + ")");
    engine::Migrator migrator(database.connection_url(), {}, clock);
    const auto inspection = migrator.inspect(migration::ScriptSet::read(shop), {}, {});
    CHECK(inspection.plan.pending.size() == 2);
    CHECK_FALSE(exists(database, "public.lockkeeper_history"));
}
