#include "app/wait_command.hpp"
#include "support/run.hpp"
#include "support/temporary_database.hpp"
#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <sstream>
#include <thread>

using namespace lockkeeper;
using namespace lockkeeper::app;
using std::chrono::milliseconds;

namespace {

struct Wait {
    ExitCode run(const std::string& version, milliseconds timeout, const std::stop_token& stop = {}) {
        WaitOptions options{.version = version,
                            .source = source,
                            .layout = migration::Layout::Auto,
                            .history = {"public", "lockkeeper_history"},
                            .timeout = timeout,
                            .url = postgres::ConnectionUrl::parse(url, postgres::UrlTrust::Owner)};
        std::ostringstream results;
        std::ostringstream errors;
        const auto code = run_wait(options, {results, errors}, stop);
        out = results.str();
        err = errors.str();
        return code;
    }
    void migrate(const tests::Files& files) const {
        REQUIRE(tests::outcome_of(tests::migrate(database, files)) == "done");
    }

    const tests::TemporaryDatabase database;
    std::string url = database.url();
    std::optional<std::string> source;
    std::string out;
    std::string err;
};

}  // namespace

TEST_CASE("wait returns once another runner has brought the schema to the version") {
    Wait wait;
    std::jthread later([&] {
        std::this_thread::sleep_for(milliseconds(700));
        wait.migrate({{"1_a.up.sql", "SELECT 1;"}, {"2_b.up.sql", "SELECT 1;"}});
    });
    CHECK(wait.run("2", std::chrono::minutes(5)) == ExitCode::Done);
    CHECK(wait.out == "the schema is at 2_b\n");
    CHECK_THAT(wait.err, Catch::Contains("waiting for 2: no script is applied yet"));
}

TEST_CASE("wait gives up in its time, with a code of its own and the version that is there") {
    Wait wait;
    wait.migrate({{"1_a.up.sql", "SELECT 1;"}});
    CHECK(wait.run("1_a", milliseconds(0)) == ExitCode::Done);
    CHECK(wait.run("2", milliseconds(50)) == ExitCode::TimedOut);
    CHECK_THAT(wait.err, Catch::Contains("given up after 50ms: the schema is at 1_a, and 2 is waited for"));
}

TEST_CASE("wait with a source waits for every script up to the version, and refuses one that is not there") {
    Wait wait;
    const tests::TemporaryFolder folder;
    for (const auto* file : {"1_a.up.sql", "2_b.up.sql", "3_c.up.sql"}) folder.write(file, "SELECT 1;");
    wait.source = folder.path("").string();
    wait.migrate({{"1_a.up.sql", "SELECT 1;"}, {"3_c.up.sql", "SELECT 1;"}});
    CHECK(wait.run("3", milliseconds(0)) == ExitCode::TimedOut);
    CHECK_THAT(wait.err, Catch::Contains("lacks 2_b"));
    CHECK(wait.run("1", milliseconds(0)) == ExitCode::Done);
    CHECK(wait.run("4", milliseconds(0)) == ExitCode::Failed);
    CHECK_THAT(wait.err, Catch::Contains("has no version '4'; its highest is 3_c"));
}

TEST_CASE("wait waits for a database that is not there, and ends when it is told to") {
    Wait wait;
    wait.url = tests::with_database(wait.database.url(), "there_is_none");
    CHECK(wait.run("1", milliseconds(100)) == ExitCode::TimedOut);
    CHECK_THAT(wait.err, Catch::Contains("DatabaseNotFound"));
    std::stop_source stop;
    stop.request_stop();
    CHECK(wait.run("1", std::chrono::minutes(5), stop.get_token()) == ExitCode::Failed);
    CHECK_THAT(wait.err, Catch::Contains("interrupted"));
}
