#include "support/cutting_proxy.hpp"
#include "support/disturbed_run.hpp"
#include "support/sanitized.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <stop_token>

using namespace lockkeeper;
using namespace std::chrono_literals;
using tests::ci_or_soak;
using tests::CuttingProxy;
using tests::lock_is_free_within;
using tests::outcome_of;
using tests::run_once;
using tests::start_anew;
using tests::state_of;
using tests::TemporaryDatabase;
using tests::undisturbed_state;
using Direction = CuttingProxy::Direction;
using Moment = CuttingProxy::Moment;
using Manner = CuttingProxy::Manner;

namespace {

constexpr std::size_t in_flight = 64;

std::string sessions_of(const TemporaryDatabase& database) {
    return database.ask(
        "SELECT string_agg(concat_ws(' ', application_name, state, wait_event, now() - state_change), '; ') FROM "
        "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
}

/// What is wrong after one run through a proxy that cuts, and one more run straight: nothing, it is to be.
std::string fault_after(const TemporaryDatabase& database, const CuttingProxy::Cut& cut, const std::string& expected,
                        std::size_t flying) {
    std::string said_to_be_done;
    start_anew(database);
    {
        const CuttingProxy proxy(database.url(), cut);
        std::stop_source stop;
        auto run = std::async(std::launch::async,
                              [&] { return run_once(proxy.url(), stop.get_token(), tests::twenty_scripts(), flying); });
        if (cut.manner == Manner::Silence) {
            tests::await_cut(proxy, run);
            const bool lock_is_free = lock_is_free_within(database, tests::promised_time);
            const bool has_ended = lock_is_free && run.wait_for(60s) == std::future_status::ready;
            stop.request_stop();
            if (!lock_is_free) return "the lock is not free: " + sessions_of(database);
            if (!has_ended) return "the runner waits for an answer that never comes";
        }
        const auto report = run.get();
        if (!proxy.has_cut()) return "the proxy never cut";
        for (const auto& script : report.ran) said_to_be_done += (said_to_be_done.empty() ? "" : " ") + script.version;
        // The caller tries again by itself, and only what is worth it: so one command ends right.
        if (report.failure && migration::retry_of(report.failure->kind) != migration::Retry::Soon) {
            return "the run ended for good with " + outcome_of(report) + ": " + report.failure->message;
        }
    }
    if (!lock_is_free_within(database, tests::promised_time)) return "the lock is not free: " + sessions_of(database);
    if (!said_to_be_done.empty() && database.ask("SELECT string_agg(version, ' ' ORDER BY version) FROM "
                                                 "lockkeeper_history WHERE prefix IS NULL") < said_to_be_done) {
        return "the run says of more scripts than there are in the history that they are done";
    }
    const auto report = run_once(database.url());
    if (report.failure) return "the next run ended with " + outcome_of(report) + ": " + report.failure->message;
    const auto state = state_of(database);
    return state == expected ? "" : "the end state differs: " + state;
}

std::string describe(const CuttingProxy::Cut& cut) {
    return std::string(cut.moment == Moment::Before ? "before" : "after") + " message " + std::to_string(cut.message) +
           (cut.direction == Direction::ToServer ? " to the server" : " to the client");
}

/// Every `stride`-th place to cut of an undisturbed run, in both directions, before and after.
std::vector<CuttingProxy::Cut> places(Manner manner, std::size_t stride_to_server, std::size_t stride_to_client,
                                      std::size_t flying) {
    const TemporaryDatabase database;
    start_anew(database);
    const CuttingProxy proxy(database.url());
    REQUIRE(outcome_of(run_once(proxy.url(), {}, tests::twenty_scripts(), flying)) == "done");
    std::vector<CuttingProxy::Cut> cuts;
    const auto add_all = [&](Direction direction, std::size_t messages, std::size_t stride) {
        for (std::size_t message = 0; message < messages; message += stride) {
            cuts.push_back({direction, message, Moment::Before, manner});
            cuts.push_back({direction, message, Moment::After, manner});
        }
    };
    // The last message to the server says farewell; by then the run is over.
    add_all(Direction::ToServer, proxy.messages(Direction::ToServer) - 1, stride_to_server);
    add_all(Direction::ToClient, proxy.messages(Direction::ToClient), stride_to_client);
    return cuts;
}

/// What goes wrong at each of these places, `at_once` of them at a time, each in a database that no other has
/// meanwhile.
std::vector<std::string> faults_at(const std::vector<CuttingProxy::Cut>& cuts, std::size_t at_once,
                                   std::size_t flying) {
    const auto expected = undisturbed_state(TemporaryDatabase());
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    std::vector<std::string> faults;
    const auto work = [&] {
        const TemporaryDatabase database;
        for (std::size_t index = next++; index < cuts.size(); index = next++) {
            const auto fault = fault_after(database, cuts[index], expected, flying);
            if (fault.empty()) continue;
            const std::lock_guard lock(mutex);
            faults.push_back(describe(cuts[index]) + ": " + fault);
            next = cuts.size();  // one is enough
        }
    };
    std::vector<std::future<void>> workers;
    for (std::size_t i = 0; i < at_once; ++i) workers.push_back(std::async(std::launch::async, work));
    for (auto& worker : workers) worker.get();
    return faults;
}

const std::vector<std::string> none;

}  // namespace

TEST_CASE("a connection cut before or after any message of the protocol leaves every script run once") {
    CHECK(faults_at(places(Manner::Close, 1, ci_or_soak(41, 1), 1), 4, 1) == none);
}

TEST_CASE("a connection cut before or after any message of a flight leaves every script run once") {
    CHECK(faults_at(places(Manner::Close, ci_or_soak(61, 1), ci_or_soak(67, 1), in_flight), 4, in_flight) == none);
}

TEST_CASE("a connection that falls silent gives up its lock within five seconds, and the next run ends right") {
    // And its runner notices by itself.
    const std::size_t flying = GENERATE(std::size_t{1}, in_flight);
    const auto cuts = places(Manner::Silence, ci_or_soak(flying == 1 ? 23 : 101, 1), ci_or_soak(401, 1), flying);
    CAPTURE(flying);
    CHECK(faults_at(cuts, tests::is_sanitized ? 8 : ci_or_soak(16, 32), flying) == none);
}
