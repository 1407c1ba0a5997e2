// A link that falls silent while the rows of a COPY or a large script are on their way, and one that is only slow.
#include "support/cutting_proxy.hpp"
#include "support/disturbed_run.hpp"
#include "support/ordinary_role.hpp"
#include "support/sanitized.hpp"

#include <catch2/catch.hpp>

#include <future>

using namespace lockkeeper;
using namespace std::chrono_literals;
using tests::CuttingProxy;
using tests::Files;
using tests::lock_is_free_within;
using tests::OrdinaryRole;
using tests::outcome_of;
using tests::run_once;
using tests::TemporaryDatabase;
using Direction = CuttingProxy::Direction;
using Moment = CuttingProxy::Moment;
using Manner = CuttingProxy::Manner;

namespace {

/// So many rows of eight bytes.
std::string rows(std::size_t count) {
    std::string text;
    text.reserve(count * 8);
    for (std::size_t row = 0; row < count; ++row) text += "1234567\n";
    return text;
}

Files script_with(const std::string& directive, std::size_t row_count) {
    return {{"1_a.sql", directive + "CREATE TABLE t (a int);\nCOPY t FROM stdin;\n" + rows(row_count) +
                            "\\.\nINSERT INTO t VALUES (1);\n"}};
}

/// What is wrong after a run through a proxy that falls silent there: nothing, it is to be.
std::string fault_after_silence(const CuttingProxy::Cut& cut, const Files& files) {
    const TemporaryDatabase database;
    const CuttingProxy proxy(database.url(), cut);
    std::stop_source stop;
    auto run = std::async(std::launch::async, [&] { return run_once(proxy.url(), stop.get_token(), files); });
    tests::await_cut(proxy, run);
    const bool lock_is_free = lock_is_free_within(database, tests::promised_time);
    const bool has_ended = lock_is_free && run.wait_for(60s) == std::future_status::ready;
    stop.request_stop();
    const auto report = run.get();
    if (!proxy.has_cut()) return "the proxy never cut";
    if (!lock_is_free) return "the lock is not free";
    if (!has_ended) return "the runner waits for an answer that never comes";
    if (report.failure && report.failure->kind != migration::FailureKind::DatabaseUnreachable)
        return "the run ended with " + outcome_of(report);
    const auto next = run_once(database.url(), {}, files);
    return next.failure ? "the next run ended with " + outcome_of(next) + ": " + next.failure->message : "";
}

/// The number of messages to the server of an undisturbed run.
std::size_t messages_of(const Files& files) {
    const TemporaryDatabase database;
    const CuttingProxy proxy(database.url());
    REQUIRE(outcome_of(run_once(proxy.url(), {}, files)) == "done");
    return proxy.messages(Direction::ToServer);
}

void check_that_runner_gives_up(const CuttingProxy::Cut& cut, const Files& files, std::chrono::milliseconds delay) {
    const TemporaryDatabase database;
    const CuttingProxy proxy(database.url(), cut, delay);
    std::stop_source stop;
    auto run = std::async(std::launch::async, [&] { return run_once(proxy.url(), stop.get_token(), files); });
    tests::await_cut(proxy, run);
    CHECK(run.wait_for(4 * tests::promised_time) == std::future_status::ready);
    CHECK(lock_is_free_within(database, tests::promised_time));
    CHECK(proxy.has_silenced_watch() == !cut.watch_falls_silent_at.empty());
    stop.request_stop();
    CHECK(outcome_of(run.get()) == "DatabaseUnreachable");
}

}  // namespace

TEST_CASE("a link that falls silent at any message of a COPY gives up its lock within five seconds") {
    for (const std::string directive : {"", "-- lockkeeper:no-transaction\n"}) {
        const auto files = script_with(directive, 4'000);  // four messages of rows
        std::vector<std::pair<CuttingProxy::Cut, std::future<std::string>>> faults;
        const auto farewell = messages_of(files) - 1;
        for (std::size_t message = 0; message < farewell; ++message) {
            const CuttingProxy::Cut cut{Direction::ToServer, message, Moment::Before, Manner::Silence};
            faults.emplace_back(
                cut, std::async(std::launch::async, [&files, cut] { return fault_after_silence(cut, files); }));
        }
        for (auto& [cut, fault] : faults) {
            INFO((directive.empty() ? "in a transaction" : "without one") << ", before message " << cut.message);
            CHECK_THAT(fault.get(), Catch::Equals(""));
        }
    }
}

TEST_CASE("rows that fill all buffers on the way to a silent link are given up within five seconds too") {
    // 8 MB, of which the kernel takes 4 MiB from the runner (tcp_wmem) and CuttingProxy's own some KiB.
    const CuttingProxy::Cut cut{Direction::ToServer, 40, Moment::After, Manner::Silence};
    CHECK_THAT(fault_after_silence(cut, script_with("", 1'000'000)), Catch::Equals(""));
}

TEST_CASE("a runner on a silent link tries again to end its session where that was not answered either") {
    CuttingProxy::Cut cut{Direction::ToServer, 40, Moment::After, Manner::Silence};  // among the rows
    cut.watch_falls_silent_at = "pg_terminate_backend";
    check_that_runner_gives_up(cut, script_with("", 1'000'000), 0ms);
}

TEST_CASE("a runner on a silent link looks after its session also where a connection takes two seconds to open") {
    const CuttingProxy::Cut cut{Direction::ToServer, 10, Moment::After, Manner::Silence};  // among the rows
    check_that_runner_gives_up(cut, script_with("", 4'000), 250ms);
}

TEST_CASE("a link on which each part of the rows takes its time is not given up") {
    const TemporaryDatabase database;
    const auto files = script_with("", 6'000);
    const auto last = messages_of(files) - 1;
    const CuttingProxy proxy(database.url(),
                             CuttingProxy::Cut{Direction::ToServer, last - 9, Moment::After, Manner::Slowness});
    const auto report = run_once(proxy.url(), {}, files);
    CHECK(proxy.has_cut());
    CHECK(outcome_of(report) == "done");
    CHECK(database.ask("SELECT count(*) FROM t") == "6001");
}

TEST_CASE("a server that takes its time with the rows of a COPY is not given up") {
    const TemporaryDatabase database;
    database.run(
        "CREATE TABLE t (a int); CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.a = 2 "
        "THEN "
        "PERFORM pg_sleep(6); END IF; RETURN NEW; END$$; CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE "
        "FUNCTION dawdle()");
    const Files files{{"1_a.sql", "COPY t FROM stdin;\n2\n" + rows(6'000) + "\\.\n"}};
    CHECK(outcome_of(run_once(database.url(), {}, files)) == "done");
    CHECK(database.ask("SELECT count(*) FROM t") == "6001");
}

TEST_CASE("a runner on a silent link ends also where it sees its session only after the server has ended it") {
    const TemporaryDatabase database;
    const OrdinaryRole role(database, "CONNECTION LIMIT 1");
    const auto files = script_with("", 1);
    {
        const CuttingProxy proxy(role.url(),
                                 CuttingProxy::Cut{Direction::ToServer, 6, Moment::Before, Manner::Silence});
        std::stop_source stop;
        auto run = std::async(std::launch::async, [&] { return run_once(proxy.url(), stop.get_token(), files); });
        CHECK(run.wait_for(tests::is_sanitized ? 100s : 20s) == std::future_status::ready);
        stop.request_stop();
        CHECK(outcome_of(run.get()) == "DatabaseUnreachable");
        CHECK(proxy.has_cut());
    }
    CHECK(outcome_of(run_once(role.url(), {}, files)) == "done");
}
