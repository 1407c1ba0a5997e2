// SIGTERM at a `lockkeeper migrate up`, whatever it waits for at that moment.
#include "engine/advisory_lock.hpp"
#include "support/cutting_proxy.hpp"
#include "support/disturbed_run.hpp"
#include "support/runners.hpp"
#include "support/sanitized.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <thread>

using namespace lockkeeper;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using tests::CuttingProxy;
using tests::lock_is_free_within;
using tests::Process;
using tests::TemporaryDatabase;
using tests::TemporaryFolder;

namespace {

/// One run of the real program, to be stopped.
class Run {
  public:
    Run(const std::string& url, const std::string& script) {
        folder_.write("1_a.sql", "CREATE TABLE t (a int);\n" + script);
        process_.emplace(tests::migrate_up_command(folder_.path("")), tests::database_variable(url));
    }

    /// The exit code, and how long it took to come to it.
    std::pair<int, steady_clock::duration> stop() {
        const auto begin = steady_clock::now();
        const auto code = process_->end(SIGTERM);
        return {code, steady_clock::now() - begin};
    }
    std::string log() const { return process_->log(); }

  private:
    TemporaryFolder folder_;
    std::optional<Process> process_;
};

void check_stopped(Run& run, const TemporaryDatabase& database) {
    const auto [code, time] = run.stop();
    INFO(run.log());
    CHECK(code == 1);
    CHECK(time < tests::promised_time);
    CHECK_THAT(run.log(), Catch::Contains("(Interrupted)"));
    CHECK(lock_is_free_within(database, tests::promised_time));
    CHECK(database.ask("SELECT to_regclass('t') IS NULL") == "t");
}

void wait_until(const std::function<bool()>& condition) {
    while (!condition()) std::this_thread::sleep_for(5ms);
}

std::string runner_that(const std::string& condition) {
    return "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE "
           "'lockkeeper%' AND " +
           condition;
}

}  // namespace

TEST_CASE("a run that is told to stop in the middle of a statement rolls back and ends within five seconds") {
    const TemporaryDatabase database;
    Run run(database.url(), "SELECT pg_sleep(600);");
    wait_until([&] { return database.ask(runner_that("wait_event = 'PgSleep'")) == "1"; });
    check_stopped(run, database);
}

TEST_CASE("a run that is told to stop while it waits for a table ends within five seconds") {
    const TemporaryDatabase database;
    database.run("CREATE TABLE busy (a int)");
    auto holder = database.connect();
    holder.query("BEGIN");
    holder.query("LOCK TABLE busy");
    Run run(database.url(), "SET LOCAL lock_timeout = 0; ALTER TABLE busy ADD b int;");
    wait_until([&] { return database.ask(runner_that("wait_event_type = 'Lock'")) == "1"; });
    check_stopped(run, database);
}

TEST_CASE("a run that is told to stop while another holds the lock ends within five seconds") {
    const TemporaryDatabase database;
    auto holder = database.connect();
    const auto key = std::to_string(engine::LockKey::of({"public", "lockkeeper_history"}).value);
    holder.query("SELECT pg_advisory_lock(" + key + ")");
    Run run(database.url(), "SELECT 1;");
    wait_until([&] { return run.log().find("waiting for the lock") != std::string::npos; });
    const auto [code, time] = run.stop();
    INFO(run.log());
    CHECK(code == 1);
    CHECK(time < tests::promised_time);
    CHECK(database.ask("SELECT to_regclass('t') IS NULL") == "t");
}

TEST_CASE("a run that is told to stop while it waits to try again ends within five seconds") {
    const TemporaryDatabase database;
    const auto& url = database.url();
    // Nobody listens there.
    const auto host = url.find("@127.0.0.1:");
    auto nowhere = url;
    nowhere.replace(host, url.find('/', host) - host, "@127.0.0.1:1");
    Run run(nowhere, "SELECT 1;");
    wait_until([&] { return run.log().find("trying again in 800 ms") != std::string::npos; });
    const auto [code, time] = run.stop();
    INFO(run.log());
    CHECK(code == 1);
    CHECK(time < tests::promised_time);
    CHECK_THAT(run.log(), Catch::Contains("DatabaseUnreachable"));
}

TEST_CASE("a run that is told to stop on a link that has fallen silent ends within five seconds") {
    const TemporaryDatabase database;
    // In the middle of the rows, and so many that they fill what lies between.
    std::string rows;
    for (int row = 0; row < 2'000'000; ++row) rows += "1234567\n";
    const CuttingProxy proxy(database.url(),
                             CuttingProxy::Cut{CuttingProxy::Direction::ToServer, 30, CuttingProxy::Moment::Before,
                                               CuttingProxy::Manner::Silence});
    Run run(proxy.url(), "COPY t FROM stdin;\n" + rows + "\\.\n");
    wait_until([&] { return proxy.has_cut(); });
    const auto [code, time] = run.stop();
    INFO(run.log());
    CHECK(code == 1);
    CHECK(time < tests::promised_time);
    CHECK(lock_is_free_within(database, tests::promised_time));
    CHECK(database.ask("SELECT to_regclass('t') IS NULL") == "t");
}
