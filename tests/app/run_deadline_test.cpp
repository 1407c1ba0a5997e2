#include "app/run_deadline.hpp"

#include <catch2/catch.hpp>

#include <thread>

using namespace lockkeeper::app;
using namespace std::chrono_literals;

namespace {

void await(const std::stop_token& stop) {
    while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
}

}  // namespace

TEST_CASE("a run is ended once its time has passed, and says so") {
    AlarmClock clock;
    const RunDeadline deadline(clock, 1ms, {});
    await(deadline.stop());
    CHECK(deadline.has_passed());
}

TEST_CASE("a run that is stopped by somebody else has not run out of time") {
    std::stop_source stop;
    AlarmClock clock;
    const RunDeadline deadline(clock, 1h, stop.get_token());
    stop.request_stop();
    await(deadline.stop());
    CHECK_FALSE(deadline.has_passed());
}

TEST_CASE("a run without a limit is never out of time, and its end waits for nothing") {
    AlarmClock clock;
    const RunDeadline without(clock, 0ms, {});
    const RunDeadline with(clock, 24h, {});
    CHECK_FALSE(without.stop().stop_requested());
    CHECK_FALSE(with.stop().stop_requested());
}
