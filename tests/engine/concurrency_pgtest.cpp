#include "support/run.hpp"

#include <catch2/catch.hpp>

#include <barrier>
#include <thread>
#include <vector>

using namespace lockkeeper;
using tests::Files;
using tests::migrate;
using tests::outcome_of;
using tests::TemporaryDatabase;

namespace {

constexpr int runners = 16;

const Files not_idempotent{{"1_a.sql", "CREATE TABLE once (a int); INSERT INTO once VALUES (1);"},
                           {"2_b.sql", "ALTER TABLE once ADD COLUMN b int; INSERT INTO once VALUES (2);"},
                           {"3_c.sql", "INSERT INTO once VALUES (3);"},
                           {"4_d.sql", "CREATE INDEX once_a ON once (a); INSERT INTO once VALUES (4);"},
                           {"5_e.sql", "INSERT INTO once VALUES (5);"}};

/// Starts all runners at once and returns what each ended with.
std::vector<std::string> run_at_once(const TemporaryDatabase& database, const Files& files) {
    std::barrier start(runners);
    std::vector<std::string> outcomes(runners);
    {
        std::vector<std::jthread> threads;
        for (auto& outcome : outcomes) {
            threads.emplace_back([&] {
                start.arrive_and_wait();
                outcome = outcome_of(migrate(database, files));
            });
        }
    }
    return outcomes;
}

}  // namespace

TEST_CASE("of many runners at once every one succeeds and every script is applied once") {
    const TemporaryDatabase database;
    CHECK(run_at_once(database, not_idempotent) == std::vector<std::string>(runners, "done"));
    CHECK(database.ask("SELECT string_agg(a::text, ' ' ORDER BY a) FROM once") == "1 2 3 4 5");
    CHECK(database.ask("SELECT count(*) FROM lockkeeper_history") == "5");
}

TEST_CASE("many runners with nothing to do change nothing") {
    const TemporaryDatabase database;
    REQUIRE(outcome_of(migrate(database, not_idempotent)) == "done");
    const std::string state = "SELECT string_agg(xmin::text || ctid::text || h::text, ' ') FROM lockkeeper_history h";
    const auto before = database.ask(state);
    CHECK(run_at_once(database, not_idempotent) == std::vector<std::string>(runners, "done"));
    CHECK(database.ask(state) == before);
}

TEST_CASE("two histories in one database do not wait for each other") {
    const TemporaryDatabase database;
    auto holder = database.connect();
    holder.query("SELECT pg_advisory_lock(" +
                 std::to_string(engine::LockKey::of({"public", "lockkeeper_history"}).value) + ")");
    CHECK(outcome_of(migrate(database, not_idempotent, {}, {.history_table = {"public", "other"}})) == "done");
}
