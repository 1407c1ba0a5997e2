// What is one transaction: each script, all of a run, or none.
#include "engine/migrator.hpp"
#include "support/cutting_proxy.hpp"
#include "support/run.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using migration::TransactionScope;
using tests::CuttingProxy;
using tests::Files;
using tests::migrate;
using tests::outcome_of;
using tests::TemporaryDatabase;

namespace {

const Files three{
    {"1_a.up.sql", "CREATE TABLE a (id int PRIMARY KEY);\nSET search_path = ''; -- left behind"},
    {"1_a.down.sql", "DROP TABLE a;"},
    {"2_b.up.sql", "CREATE TABLE b (id int REFERENCES a DEFERRABLE INITIALLY DEFERRED);\nCOPY b FROM stdin;\n7\n\\.\n"},
    {"2_b.down.sql", "DROP TABLE b;"},
    {"3_c.up.sql", "INSERT INTO a VALUES (7);"},
    {"3_c.down.sql", "DELETE FROM b;"}};

migration::Goal as(TransactionScope scope) {
    migration::Goal goal;
    goal.transaction = scope;
    return goal;
}

Files with_third(const std::string& sql) {
    auto files = three;
    files[4].text = sql;
    return files;
}

std::string tables(const TemporaryDatabase& database) {
    return database.ask(
        "SELECT coalesce(string_agg(tablename, ' ' ORDER BY tablename), 'none') FROM pg_tables WHERE "
        "schemaname = 'public'");
}

}  // namespace

TEST_CASE("all scripts of a run are one transaction, with constraints that only the last one satisfies") {
    const TemporaryDatabase database;
    const auto report = migrate(database, three, as(TransactionScope::Run));
    INFO((report.failure ? report.failure->message : ""));
    CHECK(outcome_of(report) == "done");
    CHECK(report.ran.size() == 3);
    CHECK(database.ask("SELECT count(DISTINCT xmin::text) || ' ' || count(*) FROM lockkeeper_history") == "1 3");
    CHECK(database.ask("SELECT count(*) FROM b") == "1");
    // Script by script, the second one violates its constraint.
    const TemporaryDatabase apart;
    CHECK(outcome_of(migrate(apart, three)) == "ScriptFailed 23503 2_b.up.sql");
}

TEST_CASE("when one script of a run fails none of them remains, and the failure points at it") {
    const TemporaryDatabase database;
    const auto report = migrate(database, with_third("SELECT 1;\nSELECT 1/0;"), as(TransactionScope::Run));
    CHECK(outcome_of(report) == "ScriptFailed 22012 3_c.up.sql:2:1 #2");
    CHECK(report.ran.empty());
    CHECK(report.database->applied_count == 0);
    CHECK(tables(database) == "lockkeeper_history");
    const auto lost = migrate(database,
                              {{"1_a.sql", "CREATE TABLE a (x int)"},
                               {"2_b.sql", "CREATE TABLE b (x int); SELECT pg_advisory_unlock_all()"},
                               {"3_c.sql", "CREATE TABLE c (x int)"}},
                              as(TransactionScope::Run));
    CHECK(outcome_of(lost) == "LockLost 23502 2_b.sql");
    CHECK(tables(database) == "lockkeeper_history");
}

TEST_CASE("a run that goes down is one transaction too") {
    const TemporaryDatabase database;
    REQUIRE(outcome_of(migrate(database, three, as(TransactionScope::Run))) == "done");
    auto down = as(TransactionScope::Run);
    down.rollback = migration::Rollback::Allow;
    down.extent = migration::Extent::RollBackAll;
    auto broken = three;
    broken[1].text = "DROP TABLE a; DROP TABLE nope;";
    CHECK(outcome_of(migrate(database, broken, down)) == "ScriptFailed 42P01 1_a.down.sql:1:15 #2");
    CHECK(database.ask("SELECT count(*) FROM lockkeeper_history") == "3");
    CHECK(database.ask("SELECT count(*) FROM b") == "1");
    CHECK(outcome_of(migrate(database, three, down)) == "done");
    CHECK(tables(database) == "lockkeeper_history");
    CHECK(database.ask("SELECT count(*) FROM lockkeeper_history") == "0");
}

TEST_CASE("a script that cannot be part of one transaction is refused before anything runs") {
    const TemporaryDatabase database;
    const auto alone =
        migrate(database, with_third("SELECT 1;\n CREATE INDEX CONCURRENTLY i ON a (id);"), as(TransactionScope::Run));
    CHECK(outcome_of(alone) == "InvalidSource 3_c.up.sql:2:2 #2");
    CHECK_THAT(alone.failure->message, Catch::Contains("cannot run in a transaction, and all scripts of this run"));
    const auto directive =
        migrate(database, with_third("-- lockkeeper:no-transaction\nSELECT 1;"), as(TransactionScope::Run));
    CHECK(outcome_of(directive) == "InvalidSource 3_c.up.sql");
    CHECK(tables(database) == "none");
}

TEST_CASE("with no transaction each statement stays that was done, and the mended script goes on behind it") {
    const TemporaryDatabase database;
    const auto broken = with_third("CREATE TABLE c (x int);\nSELECT 1/0;");
    Files files{broken[0], {"3_c.sql", "CREATE TABLE c (x int);\nSELECT 1/0;"}};
    CHECK(outcome_of(migrate(database, files, as(TransactionScope::None))) == "ScriptFailed 22012 3_c.sql:2:1 #2");
    CHECK(tables(database) == "a c lockkeeper_history");
    files[1].text = "CREATE TABLE c (x int);\nINSERT INTO c VALUES (1);";
    CHECK(outcome_of(migrate(database, files, as(TransactionScope::None))) == "done");
    CHECK(database.ask("SELECT count(*) FROM c") == "1");
}

TEST_CASE("a connection cut anywhere in a run of one transaction leaves all of it or nothing") {
    const TemporaryDatabase database;
    const auto run = [&](const std::string& url) {
        engine::SystemClock clock;
        engine::RunListener silent;
        return engine::Migrator(postgres::ConnectionUrl::parse(url, postgres::UrlTrust::Owner), {}, clock)
            .migrate(migration::ScriptSet::read(three), as(TransactionScope::Run), silent, {});
    };
    const auto start_anew = [&] { database.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public"); };
    std::size_t places = 0;
    for (const auto direction : {CuttingProxy::Direction::ToServer, CuttingProxy::Direction::ToClient}) {
        start_anew();
        const CuttingProxy whole(database.url());
        REQUIRE(outcome_of(run(whole.url())) == "done");
        for (std::size_t message = 0; message + 1 < whole.messages(direction); ++message) {
            start_anew();
            const CuttingProxy proxy(database.url(),
                                     CuttingProxy::Cut{direction, message, CuttingProxy::Moment::After, {}});
            run(proxy.url());
            INFO("message " << message);
            CHECK(proxy.has_cut());
            // The old session may still be at its COMMIT; the next run waits for its lock.
            CHECK(outcome_of(run(database.url())) == "done");
            CHECK(database.ask("SELECT count(DISTINCT xmin::text) || ' ' || count(*) FROM lockkeeper_history") ==
                  "1 3");
            ++places;
        }
    }
    CHECK(places > 20);
}

TEST_CASE(
    "a script that makes its own transaction read only is at fault, and a database that is read only is waited for") {
    const TemporaryDatabase database;
    const Files files{{"1_a.sql", "CREATE TABLE a (x int);"},
                      {"2_b.sql", "SET TRANSACTION READ ONLY;\nCREATE TABLE b (x int);"}};
    const auto report = migrate(database, files);
    CHECK(outcome_of(report) == "ScriptFailed 25006 2_b.sql:2:1 #2");
    CHECK(migration::retry_of(report.failure->kind) == migration::Retry::Never);
    database.run("ALTER DATABASE " + database.name() + " SET default_transaction_read_only = on");
    const auto standby = migrate(database, {files[0], {"2_b.sql", "CREATE TABLE b (x int);"}});
    CHECK(outcome_of(standby) == "DatabaseReadOnly 25006 2_b.sql:1:1 #1");
    CHECK(migration::retry_of(standby.failure->kind) == migration::Retry::Slowly);
}
