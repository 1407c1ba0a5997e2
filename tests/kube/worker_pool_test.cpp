#include "kube/worker_pool.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <stdexcept>

using namespace lockkeeper::kube;
using namespace std::chrono_literals;

namespace {

const NamespacedName a{"shop", "a"};

WorkerPool::Options fast(std::size_t workers = 1) {
    return {.workers = workers, .retry = {1ms, 5ms}, .random = [] { return 0.0; }};
}

/// Runs one key with a reconcile that gives these results one after another and then ends, and counts its runs.
int runs_of(const std::function<ReconcileResult(int run, std::promise<void>& end)>& reconcile) {
    SystemClock clock;
    WorkQueue queue(clock);
    std::promise<void> end;
    int runs = 0;
    WorkerPool pool(
        queue, [&](const NamespacedName&, const std::stop_token&) { return reconcile(++runs, end); }, fast(), no_log());
    queue.add(a);
    REQUIRE(end.get_future().wait_for(10s) == std::future_status::ready);
    pool.shut_down(10s);
    return runs;
}

}  // namespace

TEST_CASE("a key that failed, in whatever way, comes back") {
    CHECK(runs_of([](int run, std::promise<void>& end) -> ReconcileResult {
              if (run == 1) return Failed{};
              if (run == 2) throw std::runtime_error("no luck");
              if (run == 3) throw 42;  // NOLINT(hicpp-exception-baseclass)
              end.set_value();
              return Done{};
          }) == 4);
}

TEST_CASE("a key that asks for it comes back after a while") {
    CHECK(runs_of([](int run, std::promise<void>& end) -> ReconcileResult {
              if (run < 3) return RequeueAfter{1ms};
              end.set_value();
              return Done{};
          }) == 3);
}

TEST_CASE("a key that is done stays away until it is added") {
    SystemClock clock;
    WorkQueue queue(clock);
    std::atomic<int> runs{0};
    WorkerPool pool(
        queue,
        [&](const NamespacedName&, const std::stop_token&) -> ReconcileResult {
            ++runs;
            return Done{};
        },
        fast(), no_log());
    queue.add(a);
    while (runs < 1) std::this_thread::yield();
    REQUIRE(queue.wait_until_idle(10s));
    CHECK(runs == 1);
    queue.add(a);
    while (runs < 2) std::this_thread::yield();
    pool.shut_down(10s);
    CHECK(runs == 2);
}

TEST_CASE("what a reconcile throws is logged with its object") {
    std::mutex mutex;
    std::string logged;
    {
        SystemClock clock;
        WorkQueue queue(clock);
        std::promise<void> again;
        WorkerPool pool(
            queue,
            [&, run = 0](const NamespacedName&, const std::stop_token&) mutable -> ReconcileResult {
                if (++run == 1) throw std::runtime_error("no luck");
                again.set_value();
                return Done{};
            },
            fast(),
            [&](LogLevel, std::string_view message, const LogFields& fields) {
                const std::lock_guard lock(mutex);
                logged = std::string(message) + " " + fields.at(0).second + " " + fields.at(1).second;
            });
        queue.add(a);
        REQUIRE(again.get_future().wait_for(10s) == std::future_status::ready);
    }
    CHECK(logged == "reconcile failed shop/a no luck");
}

TEST_CASE("no key is reconciled by two workers at once, however often it is added") {
    SystemClock clock;
    WorkQueue queue(clock);
    std::map<std::string, std::atomic<int>> running;
    std::atomic<int> overlaps{0};
    std::atomic<int> runs{0};
    for (int number = 0; number < 5; ++number) running["k" + std::to_string(number)] = 0;
    WorkerPool pool(
        queue,
        [&](const NamespacedName& key, const std::stop_token&) -> ReconcileResult {
            if (++running.at(key.name) > 1) ++overlaps;
            std::this_thread::yield();
            --running.at(key.name);
            ++runs;
            return Done{};
        },
        fast(4), no_log());
    for (int round = 0; round < 2'000; ++round) queue.add({"", "k" + std::to_string(round % 5)});
    while (runs < 5) std::this_thread::yield();
    pool.shut_down(10s);
    CHECK(overlaps == 0);
}

TEST_CASE("a pool that is shut down lets what runs end, and starts nothing more") {
    SystemClock clock;
    WorkQueue queue(clock);
    std::promise<void> started;
    std::promise<void> may_end;
    std::atomic<int> runs{0};
    std::atomic<bool> was_stopped{true};
    WorkerPool pool(
        queue,
        [&](const NamespacedName&, const std::stop_token& stop) -> ReconcileResult {
            ++runs;
            started.set_value();
            may_end.get_future().wait();
            was_stopped = stop.stop_requested();
            return Failed{};
        },
        fast(), no_log());
    queue.add(a);
    queue.add({"shop", "b"});
    started.get_future().wait();
    std::thread closer([&] { pool.shut_down(10s); });
    while (queue.queued() > 0) std::this_thread::yield();  // b is forgotten
    may_end.set_value();
    closer.join();
    CHECK(runs == 1);
    CHECK_FALSE(was_stopped);
}

TEST_CASE("what does not end in time is asked to stop") {
    SystemClock clock;
    WorkQueue queue(clock);
    std::promise<void> started;
    WorkerPool pool(
        queue,
        [&](const NamespacedName&, const std::stop_token& stop) -> ReconcileResult {
            started.set_value();
            while (!stop.stop_requested()) std::this_thread::yield();
            return Done{};
        },
        fast(), no_log());
    queue.add(a);
    started.get_future().wait();
    pool.shut_down(1ms);
    SUCCEED("it ended");
}

TEST_CASE("a worker for whom there is nothing says so before it waits, and not between keys that wait") {
    SystemClock clock;
    WorkQueue queue(clock);
    std::mutex mutex;
    std::condition_variable changed;
    std::string seen;
    const auto note = [&](char what) {
        const std::lock_guard lock(mutex);
        seen += what;
        changed.notify_all();
    };
    const auto wait_for = [&](const std::string& expected) {
        std::unique_lock lock(mutex);
        changed.wait_for(lock, 10s, [&] { return seen == expected; });
        CHECK(seen == expected);
    };
    for (const auto* name : {"a", "b", "c"}) queue.add({"shop", name});
    auto options = fast();
    options.on_idle = [&] { note('.'); };
    WorkerPool pool(
        queue,
        [&](const NamespacedName& key, const std::stop_token&) -> ReconcileResult {
            note(key.name.at(0));
            return Done{};
        },
        options, no_log());
    wait_for("abc.");
    queue.add({"shop", "d"});
    wait_for("abc.d.");
}
