#include "kube/work_queue.hpp"

#include "support/fake_clock.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <thread>

using namespace lockkeeper;
using namespace lockkeeper::kube;
using namespace std::chrono_literals;

namespace {

const TimePoint start{1h};
const NamespacedName a{"shop", "a"};
const NamespacedName b{"shop", "b"};

}  // namespace

TEST_CASE("keys come out in the order they were added, each once") {
    WorkQueueState queue;
    queue.add(a);
    queue.add(b);
    queue.add(a);
    CHECK(queue.take(start) == a);
    CHECK(queue.take(start) == b);
    CHECK(queue.take(start) == std::nullopt);
}

TEST_CASE("a key added while it is processed runs once more, and not before it is done") {
    WorkQueueState queue;
    queue.add(a);
    queue.take(start);
    queue.add(a);
    queue.add(a);
    CHECK(queue.take(start) == std::nullopt);
    queue.done(a);
    CHECK(queue.take(start) == a);
    queue.done(a);
    CHECK(queue.take(start) == std::nullopt);
}

TEST_CASE("a delayed key comes when its time has come") {
    WorkQueueState queue;
    queue.add_at(a, start + 10s);
    CHECK(queue.next_ready() == start + 10s);
    CHECK(queue.take(start + 9s) == std::nullopt);
    CHECK(queue.take(start + 10s) == a);
    CHECK(queue.next_ready() == std::nullopt);
}

TEST_CASE("an earlier time replaces a later one, never the reverse") {
    WorkQueueState queue;
    queue.add_at(a, start + 10s);
    queue.add_at(a, start + 20s);
    CHECK(queue.next_ready() == start + 10s);
    queue.add_at(a, start + 5s);
    CHECK(queue.next_ready() == start + 5s);
    CHECK(queue.take(start + 5s) == a);
    queue.done(a);
    CHECK(queue.take(start + 1h) == std::nullopt);
}

TEST_CASE("delayed keys come in the order of their times") {
    WorkQueueState queue;
    queue.add_at(a, start + 2s);
    queue.add_at(b, start + 1s);
    CHECK(queue.take(start + 3s) == b);
    CHECK(queue.take(start + 3s) == a);
}

TEST_CASE("a key whose time comes while it is queued or processed is not doubled") {
    WorkQueueState queue;
    queue.add(a);
    queue.add_at(a, start + 1s);
    CHECK(queue.take(start + 1s) == a);
    CHECK(queue.take(start + 1s) == std::nullopt);
    queue.add_at(a, start + 2s);
    CHECK(queue.take(start + 2s) == std::nullopt);
    queue.done(a);
    CHECK(queue.take(start + 2s) == a);
}

TEST_CASE("a queue that is shut down gives out nothing more, and forgets what waits") {
    tests::FakeClock clock;
    WorkQueue queue(clock);
    queue.add(a);
    queue.add_after(b, 1s);
    queue.shut_down();
    CHECK(queue.take() == std::nullopt);
    queue.add(b);
    CHECK(queue.take() == std::nullopt);
}

TEST_CASE("whoever waits for a key wakes up when one is added, and when the queue is shut down") {
    SystemClock clock;
    WorkQueue queue(clock);
    std::promise<NamespacedName> first;
    std::optional<NamespacedName> second = a;
    std::thread worker([&] {
        const auto key = queue.take();
        queue.done(*key);
        first.set_value(*key);
        second = queue.take();
    });
    queue.add(b);
    const bool is_b = first.get_future().get() == b;
    queue.shut_down();
    worker.join();
    CHECK(is_b);
    CHECK(second == std::nullopt);
}

TEST_CASE("whoever waits for a late key wakes up for an earlier one") {
    SystemClock clock;
    WorkQueue queue(clock);
    queue.add_after(a, 1h);
    std::optional<NamespacedName> taken;
    std::thread worker([&] { taken = queue.take(); });
    queue.add_after(b, 1ms);
    worker.join();
    CHECK(taken == b);
}

TEST_CASE("a queue is idle when all that was taken is done") {
    SystemClock clock;
    WorkQueue queue(clock);
    CHECK(queue.wait_until_idle(0ms));
    queue.add(a);
    queue.take();
    CHECK_FALSE(queue.wait_until_idle(1ms));
    queue.done(a);
    CHECK(queue.wait_until_idle(0ms));
}

TEST_CASE("who does not want to wait gets what is ready now, or nothing") {
    SystemClock clock;
    WorkQueue queue(clock);
    CHECK(queue.take_now() == std::nullopt);
    queue.add_after(a, 1h);
    CHECK(queue.take_now() == std::nullopt);
    queue.add(b);
    CHECK(queue.take_now() == b);
    queue.add(b);  // is being worked on
    CHECK(queue.take_now() == std::nullopt);
    queue.done(b);
    CHECK(queue.take_now() == b);
    queue.shut_down();
    CHECK(queue.take_now() == std::nullopt);
}
