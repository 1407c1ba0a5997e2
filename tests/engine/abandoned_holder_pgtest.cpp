// Who waits for the lock while the session that holds it reads rows that nobody sends any more.
#include "support/cutting_proxy.hpp"
#include "support/disturbed_run.hpp"
#include "support/runners.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <thread>

using namespace lockkeeper;
using namespace std::chrono_literals;
using tests::CuttingProxy;
using tests::Files;
using tests::outcome_of;
using tests::run_once;
using tests::TemporaryDatabase;
using Direction = CuttingProxy::Direction;
using Moment = CuttingProxy::Moment;
using Manner = CuttingProxy::Manner;

namespace {

/// On which a minute passes in six seconds.
class HurriedClock : public engine::Clock {
  public:
    std::chrono::steady_clock::time_point now() override {
        const auto real = std::chrono::steady_clock::now();
        return real + 9 * (real - begin_);
    }
    void sleep(std::chrono::milliseconds duration, const std::stop_token& stop) override {
        system_.sleep(duration / 10, stop);
    }

  private:
    engine::SystemClock system_;
    const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// A run that waits for the lock as long as that on a hurried clock.
migration::RunReport run_in_a_hurry(const TemporaryDatabase& database, const Files& files, std::chrono::minutes wait) {
    HurriedClock clock;
    engine::RunListener nobody;
    engine::Migrator migrator(database.connection_url(), {.acquire_timeout = wait}, clock);
    return migrator.migrate(migration::ScriptSet::read(Files(files)), {}, nobody, {});
}

std::string rows(std::size_t count) {
    std::string text;
    for (std::size_t row = 0; row < count; ++row) text += "1234567\n";
    return text;
}

Files script_with(std::size_t row_count) {
    return {{"1_a.sql", "CREATE TABLE t (a int);\nCOPY t FROM stdin;\n" + rows(row_count) + "\\.\n"}};
}

void wait_for(const TemporaryDatabase& database, const std::string& condition) {
    while (database.ask("SELECT " + condition) != "t") std::this_thread::yield();
}

}  // namespace

TEST_CASE("a runner that dies among the rows of a COPY behind a proxy that hangs leaves the lock to who waits for it") {
    const TemporaryDatabase database;
    const auto files = script_with(100'000);
    const tests::TemporaryFolder folder;
    for (const auto& file : files) folder.write(file.name, file.text);
    const CuttingProxy proxy(database.url(),
                             CuttingProxy::Cut{Direction::ToServer, 40, Moment::After, Manner::Silence});
    tests::Process runner(tests::migrate_up_command(folder.path("")), tests::database_variable(proxy.url()));
    while (!proxy.has_cut() && runner.running()) std::this_thread::yield();
    REQUIRE(runner.end(SIGKILL) == 128 + SIGKILL);
    CHECK(outcome_of(run_in_a_hurry(database, files, 2min)) == "done");
    CHECK(database.ask("SELECT count(*) FROM t") == "100000");
}

TEST_CASE("a runner whose rows take their time keeps the lock, however long another waits for it") {
    const TemporaryDatabase database;
    const auto files = script_with(10'000);
    const CuttingProxy proxy(database.url(),
                             CuttingProxy::Cut{Direction::ToServer, 12, Moment::After, Manner::Slowness});
    auto slow = std::async(std::launch::async, [&] { return run_once(proxy.url(), {}, files); });
    wait_for(database, "EXISTS (SELECT FROM pg_stat_progress_copy WHERE datname = current_database())");
    const auto next = run_in_a_hurry(database, files, 5min);
    CHECK(outcome_of(slow.get()) == "done");
    CHECK(outcome_of(next) == "done");
    CHECK(proxy.has_cut());
    CHECK(next.ran.empty());
}

TEST_CASE("a session that is not Lockkeeper's keeps the lock, also if it reads rows that never come") {
    const TemporaryDatabase database;
    database.run("CREATE TABLE of_someone (a int)");
    const auto key = std::to_string(engine::LockKey::of({"public", "lockkeeper_history"}).value);
    std::optional<CuttingProxy> proxy(std::in_place, database.url(),
                                      CuttingProxy::Cut{Direction::ToServer, 8, Moment::After, Manner::Silence});
    auto session = postgres::Connection::open(postgres::ConnectionUrl::parse(proxy->url(), postgres::UrlTrust::Owner),
                                              {.application_name = "of someone", .stop = {}});
    session.query("SELECT pg_advisory_lock(" + key + ")");
    auto copy = std::async(std::launch::async, [&] { session.copy_in("COPY of_someone FROM stdin", rows(10'000)); });
    wait_for(database, "EXISTS (SELECT FROM pg_stat_progress_copy WHERE datname = current_database())");
    CHECK(outcome_of(run_in_a_hurry(database, script_with(1), 1min)) == "WaitingForLock");
    CHECK(database.ask(
              "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'of "
              "someone'") == "1");
    proxy.reset();
    CHECK_THROWS_AS(copy.get(), postgres::ConnectionLost);
}
