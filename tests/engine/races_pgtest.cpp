#include "engine/advisory_lock.hpp"
#include "support/ordinary_role.hpp"
#include "support/pgbouncer.hpp"
#include "support/runners.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <thread>

using namespace lockkeeper;
using namespace std::chrono_literals;
using tests::Files;
using tests::migrate;
using tests::OrdinaryRole;
using tests::outcome_of;
using tests::PgBouncer;
using tests::RunnerKind;
using tests::Runners;
using tests::TemporaryDatabase;

namespace {

constexpr std::size_t runners = 16;
const std::vector<std::string> all_done(runners, "done");

/// Each script fails, or leaves two traces, when it runs twice; and each notes whether the session that runs it holds
/// an advisory lock.
const std::string noted =
    "INSERT INTO traces SELECT count(*) + 1, EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND "
    "pid = pg_backend_pid()) FROM traces;";
const Files not_idempotent{{"1_a.sql", "CREATE TABLE traces (script int, locked boolean);" + noted},
                           {"2_b.sql", "ALTER TABLE traces ADD COLUMN b int;" + noted},
                           {"3_c.sql", "CREATE TABLE orders (id int);" + noted},
                           {"4_d.sql", "ALTER TABLE orders ADD COLUMN customer int;" + noted},
                           {"5_e.sql", "CREATE INDEX by_customer ON orders (customer);" + noted}};

void check_each_ran_once(const TemporaryDatabase& database) {
    CHECK(database.ask("SELECT string_agg(script::text, ' ' ORDER BY script) FROM traces") == "1 2 3 4 5");
    CHECK(database.ask("SELECT count(*) FROM lockkeeper_history") == "5");
    CHECK(database.ask("SELECT bool_and(locked) FROM traces") == "t");
}

/// Where a runner may have to try again, for want of a connection.
std::vector<std::string> forgiving(std::vector<std::string> outcomes) {
    for (auto& outcome : outcomes) {
        if (outcome == "done, tried again") outcome = "done";
    }
    return outcomes;
}

postgres::Connection hold_the_lock(const TemporaryDatabase& database) {
    auto holder = database.connect("the holder");
    holder.query("SELECT pg_advisory_lock(" +
                 std::to_string(engine::LockKey::of({"public", "lockkeeper_history"}).value) + ")");
    return holder;
}

void wait_until_all_wait(const TemporaryDatabase& database) {
    while (database.ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                        "application_name LIKE 'lockkeeper%' AND query ~ 'advisory_lock'") != std::to_string(runners)) {
        std::this_thread::sleep_for(10ms);
    }
}

}  // namespace

TEST_CASE("of many runners at once every one succeeds and every script is applied once") {
    const TemporaryDatabase database;
    const auto kind = GENERATE(RunnerKind::Thread, RunnerKind::Process);
    INFO(kind);
    CHECK(Runners(kind, runners, database.url(), not_idempotent).outcomes() == all_done);
    check_each_ran_once(database);
}

TEST_CASE("many runners with nothing to do change nothing") {
    const TemporaryDatabase database;
    const auto kind = GENERATE(RunnerKind::Thread, RunnerKind::Process);
    INFO(kind);
    REQUIRE(outcome_of(migrate(database, not_idempotent)) == "done");
    const std::string state =
        "SELECT string_agg(xmin::text || ctid::text || h::text, ' ' ORDER BY version) FROM lockkeeper_history h";
    const std::string catalogue =
        "SELECT string_agg(oid::text || xmin::text || ctid::text, ' ' ORDER BY oid) FROM pg_class WHERE relkind = 'r'";
    const auto before = database.ask(state) + database.ask(catalogue);
    CHECK(Runners(kind, runners, database.url(), not_idempotent).outcomes() == all_done);
    CHECK(database.ask(state) + database.ask(catalogue) == before);
}

TEST_CASE(
    "while another holds the lock no runner ends, and afterwards each does, with the lock on the session that runs") {
    const TemporaryDatabase database;
    const auto kind = GENERATE(RunnerKind::Thread, RunnerKind::Process);
    INFO(kind);
    auto holder = hold_the_lock(database);
    Runners waiting(kind, runners, database.url(), not_idempotent);
    wait_until_all_wait(database);
    std::this_thread::sleep_for(1s);
    CHECK(waiting.finished() == 0);
    CHECK(database.ask("SELECT to_regclass('traces') IS NULL AND to_regclass('lockkeeper_history') IS NULL") == "t");
    holder.query("SELECT pg_advisory_unlock_all()");
    CHECK(waiting.outcomes() == all_done);
    check_each_ran_once(database);
}

TEST_CASE("half as many connections as runners are enough") {
    const TemporaryDatabase database;
    const auto kind = GENERATE(RunnerKind::Thread, RunnerKind::Process);
    INFO(kind);
    const OrdinaryRole role(database, "CONNECTION LIMIT 8");
    CHECK(forgiving(Runners(kind, runners, role.url(), not_idempotent).outcomes()) == all_done);
    check_each_ran_once(database);
}

TEST_CASE("half as many sessions as runners are enough behind PgBouncer in session mode") {
    const TemporaryDatabase database;
    const auto kind = GENERATE(RunnerKind::Thread, RunnerKind::Process);
    INFO(kind);
    const PgBouncer pooler(database.url(), {.pool_mode = "session", .pool_size = 8});
    CHECK(forgiving(Runners(kind, runners, pooler.url(), not_idempotent).outcomes()) == all_done);
    check_each_ran_once(database);
}

TEST_CASE("concurrent index builds survive runners that have waited for two seconds, and none is left INVALID") {
    const TemporaryDatabase database;
    const auto kind = GENERATE(RunnerKind::Thread, RunnerKind::Process);
    INFO(kind);
    const Files files{
        {"1_a.sql", "CREATE TABLE traces (script int, locked boolean);" + noted +
                        "CREATE TABLE orders AS SELECT i AS id, i / 2 AS customer FROM generate_series(1, 50000) i;"},
        {"2_b.sql", "CREATE INDEX CONCURRENTLY by_customer ON orders (customer);\n" + noted},
        {"3_c.sql", noted + "ALTER TABLE orders ADD COLUMN at timestamptz;"},
        {"4_d.sql", noted + "\nCREATE UNIQUE INDEX CONCURRENTLY by_id ON orders (id);"},
        {"5_e.sql", noted}};
    auto holder = hold_the_lock(database);
    // A build that is killed by a deadlock is a failure here, and not tried again.
    Runners waiting(kind, runners, database.url(), files, 0s);
    wait_until_all_wait(database);
    std::this_thread::sleep_for(2s);
    holder.query("SELECT pg_advisory_unlock_all()");
    CHECK(waiting.outcomes() == all_done);
    check_each_ran_once(database);
    CHECK(database.ask("SELECT string_agg(indexrelid::regclass || ' ' || indisvalid, ', ' ORDER BY indexrelid) FROM "
                       "pg_index WHERE indrelid = 'orders'::regclass") == "by_customer true, by_id true");
}

TEST_CASE("two histories in one database do not wait for each other") {
    const TemporaryDatabase database;
    const auto holder = hold_the_lock(database);
    CHECK(outcome_of(migrate(database, not_idempotent, {}, {.history_table = {"public", "other"}})) == "done");
}
