#include "engine/run_observer.hpp"
#include "support/ordinary_role.hpp"
#include "support/run.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using namespace std::chrono_literals;
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

/// A run of one script, with a listener to what is seen of it.
class ObservedRun {
  public:
    ObservedRun(postgres::ConnectionUrl url, std::chrono::milliseconds lock_timeout, std::string script)
        : migrator_(std::move(url), options_with(lock_timeout), clock_),
          scripts_(migration::ScriptSet::read({{"1_a.sql", std::move(script)}})) {}

    migration::RunReport run() { return migrator_.migrate(scripts_, {}, listener, {}); }

    Listener listener;

  private:
    static engine::Migrator::Options options_with(std::chrono::milliseconds lock_timeout) {
        engine::Migrator::Options options;
        options.session.lock_timeout = lock_timeout;
        return options;
    }

    engine::SystemClock clock_;
    engine::Migrator migrator_;
    migration::ScriptSet scripts_;
};

}  // namespace

TEST_CASE("a script that gives up a table's lock says whom it waited for") {
    const TemporaryDatabase database;
    database.run("CREATE TABLE orders (a int)");
    auto rival = database.open_transaction("report", "SELECT 'secret' FROM orders");

    ObservedRun observed(database.connection_url(), 2s, "SELECT 1;\nALTER TABLE orders ADD COLUMN b int;");
    const auto report = observed.run();

    const auto who = "pid " + std::to_string(rival.backend_pid()) + " (report, idle in transaction for ";
    CHECK(tests::outcome_of(report) == "WaitingForTableLock 55P03 1_a.sql:2:1 #2");
    CHECK_THAT(report.failure->message,
               Catch::StartsWith("canceling statement due to lock timeout; it waited for " + who));
    REQUIRE(observed.listener.told.size() == 1);
    CHECK_THAT(observed.listener.told.front(), Catch::StartsWith("1_a " + who) && Catch::EndsWith(" s)"));
    rival.query("COMMIT");
    CHECK(observed.run().succeeded());
}

TEST_CASE("a look that the server has no connection for leaves the run alone") {
    const TemporaryDatabase database;
    const tests::OrdinaryRole role(database, "CONNECTION LIMIT 1");
    ObservedRun observed(role.connection_url(), 50ms, "SELECT pg_sleep(0.2);");
    CHECK(tests::outcome_of(observed.run()) == "done");
    CHECK(observed.listener.told.empty());
}

TEST_CASE("a script without a transaction shows its statement, and how far an index is that it builds") {
    const TemporaryDatabase database;
    database.run("CREATE TABLE orders (a int)");
    auto writer = database.open_transaction("writer", "INSERT INTO orders VALUES (1)");

    ObservedRun observed(database.connection_url(), 50ms,
                         "CREATE TABLE items (a int);\nCREATE INDEX CONCURRENTLY orders_a ON orders (a);");
    std::vector<engine::Blocker> blockers;
    observed.listener.on_look = [&](const engine::RunObservation& seen) {
        if (!seen.index_build || seen.blockers.empty() || !blockers.empty()) return;
        blockers = seen.blockers;
        writer.query("COMMIT");
    };
    CHECK(tests::outcome_of(observed.run()) == "done");
    CHECK(observed.listener.statements == std::vector<std::string>{"1_a 1", "1_a 2"});
    REQUIRE_FALSE(observed.listener.phases.empty());
    CHECK(observed.listener.phases.front() == "waiting for writers before build");
    REQUIRE(blockers.size() == 1);
    CHECK(blockers.front().pid == writer.backend_pid());
    CHECK(blockers.front().statement == "INSERT INTO");
    CHECK(blockers.front().query_start);
}

TEST_CASE("a script that just takes its time is looked at, and waits for nobody") {
    const TemporaryDatabase database;
    ObservedRun observed(database.connection_url(), 50ms, "SELECT pg_sleep(1);");
    CHECK(tests::outcome_of(observed.run()) == "done");
    REQUIRE_FALSE(observed.listener.told.empty());
    CHECK(observed.listener.told.front() == "1_a ");
    CHECK(observed.listener.phases.empty());
}
