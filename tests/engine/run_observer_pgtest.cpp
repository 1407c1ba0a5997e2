#include "engine/run_observer.hpp"
#include "support/run.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using tests::TemporaryDatabase;

namespace {

/// Remembers what a run told of whom it waits for.
class Listener : public engine::RunListener {
  public:
    void at_statement(const migration::Step& step, std::size_t statement) override {
        statements.push_back(step.version.text() + " " + std::to_string(statement));
    }
    void observed(const migration::Step& step, const engine::RunObservation& seen) override {
        told.push_back(step.version.text() + " " + engine::describe(seen.blockers));
        if (seen.index_build) phases.push_back(seen.index_build->phase);
        if (on_look) on_look(seen);
    }
    std::vector<std::string> statements;
    std::vector<std::string> phases;
    std::function<void(const engine::RunObservation&)> on_look;
    std::vector<std::string> told;
};

}  // namespace

TEST_CASE("a script that gives up a table's lock says whom it waited for") {
    const TemporaryDatabase database;
    database.run("CREATE TABLE orders (a int)");
    auto rival = database.connect("report");
    rival.query("BEGIN");
    rival.query("SELECT 'secret' FROM orders");

    engine::SystemClock clock;
    engine::Migrator::Options options;
    options.session.lock_timeout = std::chrono::milliseconds(400);
    engine::Migrator migrator(database.connection_url(), options, clock);
    Listener listener;
    const auto scripts = migration::ScriptSet::read({{"1_a.sql", "SELECT 1;\nALTER TABLE orders ADD COLUMN b int;"}});
    const auto report = migrator.migrate(scripts, {}, listener, {});

    const auto who = "pid " + std::to_string(rival.backend_pid()) + " (report, idle in transaction for ";
    CHECK(tests::outcome_of(report) == "WaitingForTableLock 55P03 1_a.sql:2:1 #2");
    CHECK_THAT(report.failure->message,
               Catch::StartsWith("canceling statement due to lock timeout; it waited for " + who));
    REQUIRE(listener.told.size() == 1);
    CHECK_THAT(listener.told.front(), Catch::StartsWith("1_a " + who) && Catch::EndsWith(" s)"));
    rival.query("COMMIT");
    CHECK(migrator.migrate(scripts, {}, listener, {}).succeeded());
}

TEST_CASE("a look that the server has no connection for leaves the run alone") {
    const TemporaryDatabase database;
    const auto role = database.name() + "_alone";
    database.run("CREATE ROLE " + role +
                 " LOGIN PASSWORD 'alone' CONNECTION LIMIT 1; GRANT CREATE ON SCHEMA public TO " + role);
    auto text = database.url();
    text.replace(text.find("//") + 2, text.find('@') - text.find("//") - 2, role + ":alone");
    const auto url = postgres::ConnectionUrl::parse(text, postgres::UrlTrust::Owner);
    engine::SystemClock clock;
    engine::Migrator::Options options;
    options.session.lock_timeout = std::chrono::milliseconds(50);
    engine::Migrator migrator(url, options, clock);
    Listener listener;
    const auto scripts = migration::ScriptSet::read({{"1_a.sql", "SELECT pg_sleep(0.2);"}});
    CHECK(tests::outcome_of(migrator.migrate(scripts, {}, listener, {})) == "done");
    CHECK(listener.told.empty());
    database.run("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_CASE("a script without a transaction shows its statement, and how far an index is that it builds") {
    const TemporaryDatabase database;
    database.run("CREATE TABLE orders (a int)");
    auto writer = database.connect("writer");
    writer.query("BEGIN");
    writer.query("INSERT INTO orders VALUES (1)");

    engine::SystemClock clock;
    engine::Migrator::Options options;
    options.session.lock_timeout = std::chrono::milliseconds(50);
    engine::Migrator migrator(database.connection_url(), options, clock);
    Listener listener;
    std::vector<engine::Blocker> blockers;
    listener.on_look = [&](const engine::RunObservation& seen) {
        if (!seen.index_build || seen.blockers.empty() || !blockers.empty()) return;
        blockers = seen.blockers;
        writer.query("COMMIT");
    };
    const auto scripts = migration::ScriptSet::read(
        {{"1_a.sql", "CREATE TABLE items (a int);\nCREATE INDEX CONCURRENTLY orders_a ON orders (a);"}});
    CHECK(tests::outcome_of(migrator.migrate(scripts, {}, listener, {})) == "done");
    CHECK(listener.statements == std::vector<std::string>{"1_a 1", "1_a 2"});
    REQUIRE_FALSE(listener.phases.empty());
    CHECK(listener.phases.front() == "waiting for writers before build");
    REQUIRE(blockers.size() == 1);
    CHECK(blockers.front().pid == writer.backend_pid());
    CHECK(blockers.front().statement == "INSERT INTO");
    CHECK(blockers.front().query_start);
}

TEST_CASE("a script that just takes its time is looked at, and waits for nobody") {
    const TemporaryDatabase database;
    engine::SystemClock clock;
    engine::Migrator::Options options;
    options.session.lock_timeout = std::chrono::milliseconds(50);
    engine::Migrator migrator(database.connection_url(), options, clock);
    Listener listener;
    const auto scripts = migration::ScriptSet::read({{"1_a.sql", "SELECT pg_sleep(1);"}});
    CHECK(tests::outcome_of(migrator.migrate(scripts, {}, listener, {})) == "done");
    REQUIRE_FALSE(listener.told.empty());
    CHECK(listener.told.front() == "1_a ");
    CHECK(listener.phases.empty());
}
