#include "app/alarm_clock.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <optional>
#include <thread>
#include <vector>

using lockkeeper::app::AlarmClock;
using namespace std::chrono_literals;

namespace {

AlarmClock::TimePoint now() {
    return std::chrono::steady_clock::now();
}

bool comes_true(std::future<void> future) {
    return future.wait_for(20s) == std::future_status::ready;
}

}  // namespace

TEST_CASE("an alarm rings when its time has come, and not before that") {
    AlarmClock clock;
    std::promise<void> rung;
    const auto time = now() + 20ms;
    AlarmClock::TimePoint heard;
    const AlarmClock::Alarm alarm(clock, time, [&] {
        heard = now();
        rung.set_value();
    });
    REQUIRE(comes_true(rung.get_future()));
    CHECK(heard >= time);
}

TEST_CASE("an alarm that is set for an earlier time than the others rings before them") {
    AlarmClock clock;
    const AlarmClock::Alarm late(clock, now() + 1h, [] { FAIL("an hour has not passed"); });
    std::promise<void> rung;
    const AlarmClock::Alarm early(clock, now() + 1ms, [&] { rung.set_value(); });
    CHECK(comes_true(rung.get_future()));
}

TEST_CASE("an alarm that is gone does not ring, and does not keep the others from it") {
    AlarmClock clock;
    std::optional<AlarmClock::Alarm> gone(std::in_place, clock, now() + 1h, [] { FAIL("it is gone"); });
    gone.reset();
    std::promise<void> rung;
    const AlarmClock::Alarm other(clock, now(), [&] { rung.set_value(); });
    CHECK(comes_true(rung.get_future()));
}

TEST_CASE("an alarm goes only after it has rung to its end") {
    AlarmClock clock;
    std::promise<void> begun;
    std::atomic<bool> has_ended = false;
    std::optional<AlarmClock::Alarm> alarm(std::in_place, clock, now(), [&] {
        begun.set_value();
        std::this_thread::sleep_for(20ms);
        has_ended = true;
    });
    REQUIRE(comes_true(begun.get_future()));
    alarm.reset();
    CHECK(has_ended);
}

TEST_CASE("alarms of many threads, set and gone at all times, leave nothing behind") {
    AlarmClock clock;
    std::atomic<int> rung = 0;
    {
        std::vector<std::jthread> users;
        for (int user = 0; user < 4; ++user) {
            users.emplace_back([&clock, &rung, user] {
                for (int round = 0; round < 500; ++round) {
                    const auto time = now() + std::chrono::microseconds(round % 7 * 20 + user);
                    const AlarmClock::Alarm alarm(clock, time, [&] { ++rung; });
                    if (round % 3 == 0) std::this_thread::yield();
                }
            });
        }
    }
    CHECK(rung <= 2'000);
}
