#include "support/pgbouncer.hpp"
#include "support/run.hpp"

#include <catch2/catch.hpp>

#include <thread>
#include <vector>

using namespace lockkeeper;
using tests::Files;
using tests::PgBouncer;
using tests::TemporaryDatabase;

namespace {

const Files scripts{{"1_a.sql", "CREATE TABLE a (x int);"}, {"2_b.sql", "CREATE TABLE b (x int);"}};

migration::RunReport migrate_through(const PgBouncer& pooler) {
    engine::SystemClock clock;
    engine::RunListener nobody;
    engine::Migrator migrator(postgres::ConnectionUrl::parse(pooler.url(), postgres::UrlTrust::Owner), {}, clock);
    return migrator.migrate(migration::ScriptSet::read(Files(scripts)), {}, nobody, {});
}

}  // namespace

TEST_CASE("a pooler that shares sessions is refused by its only and first client, and nothing is left in it") {
    const TemporaryDatabase database;
    const auto mode = GENERATE(as<std::string>{}, "transaction", "statement");
    const auto more = GENERATE(as<std::string>{}, "", "server_round_robin = 1", "min_pool_size = 5");
    INFO(mode << " " << more);
    const PgBouncer pooler(database.url(), {.pool_mode = mode, .more = more});
    const auto report = migrate_through(pooler);
    CHECK(tests::outcome_of(report) == "PoolerDetected");
    CHECK(report.failure->message ==
          "a connection pooler that shares sessions stands before the database, and a lock could be left behind in it; "
          "give the URL of the database itself, or of the pooler in session mode");
    CHECK(database.ask("SELECT to_regclass('a') IS NULL AND to_regclass('lockkeeper_history') IS NULL") == "t");
    CHECK(database.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM "
                       "pg_database WHERE datname = current_database())") == "0");
    auto next_client = postgres::Connection::open(
        postgres::ConnectionUrl::parse(pooler.url(), postgres::UrlTrust::Owner), {.stop = {}});
    CHECK(next_client.query("SHOW client_connection_check_interval").text(0, 0) == "0");
}

TEST_CASE("a pooler that shares sessions is refused also while others are busy in it") {
    const TemporaryDatabase database;
    const PgBouncer pooler(database.url(), {.pool_mode = "transaction", .pool_size = 4});
    std::vector<std::jthread> others;
    for (int other = 0; other < 6; ++other) {
        others.emplace_back([&](const std::stop_token& stop) {
            auto session = postgres::Connection::open(
                postgres::ConnectionUrl::parse(pooler.url(), postgres::UrlTrust::Owner), {.stop = {}});
            while (!stop.stop_requested()) session.query("SELECT 1");
        });
    }
    for (int run = 0; run < 30; ++run) CHECK(tests::outcome_of(migrate_through(pooler)) == "PoolerDetected");
}

TEST_CASE("a pooler in session mode works, also with a single session") {
    const TemporaryDatabase database;
    const auto pool_size = GENERATE(1, 5);
    const PgBouncer pooler(database.url(), {.pool_mode = "session", .pool_size = pool_size});
    CHECK(tests::outcome_of(migrate_through(pooler)) == "done");
    CHECK(tests::outcome_of(migrate_through(pooler)) == "done");
    CHECK(database.ask("SELECT count(*) FROM lockkeeper_history") == "2");
}
