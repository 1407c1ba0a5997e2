#include "kube/rate_limiter.hpp"

#include "kube/backoff.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::kube;
using namespace std::chrono_literals;

TEST_CASE("each failure of a key doubles its delay, up to a cap") {
    RateLimiter limiter({5ms, 60ms}, [] { return 0.0; });
    const NamespacedName key{"shop", "a"};
    CHECK(limiter.next_delay(key) == 5ms);
    CHECK(limiter.next_delay(key) == 10ms);
    CHECK(limiter.next_delay(key) == 20ms);
    CHECK(limiter.next_delay(key) == 40ms);
    CHECK(limiter.next_delay(key) == 60ms);
    CHECK(limiter.failures(key) == 5);
}

TEST_CASE("keys fail apart, and a key that is forgotten starts anew") {
    RateLimiter limiter({5ms, 1s}, [] { return 0.0; });
    limiter.next_delay({"shop", "a"});
    CHECK(limiter.next_delay({"shop", "b"}) == 5ms);
    limiter.forget({"shop", "a"});
    CHECK(limiter.next_delay({"shop", "a"}) == 5ms);
}

TEST_CASE("a key that has failed for ever still has a delay") {
    RateLimiter limiter({5ms, 300s}, [] { return 0.0; });
    std::chrono::milliseconds delay{};
    for (int count = 0; count < 5'000; ++count) delay = limiter.next_delay({"shop", "a"});
    CHECK(delay == 300s);
}

TEST_CASE("jitter adds up to a tenth") {
    RateLimiter limiter({100ms, 1s}, [] { return 0.5; });
    CHECK(limiter.next_delay({"shop", "a"}) == 105ms);
}

TEST_CASE("random numbers for jitter are from 0 up to but not 1 and differ") {
    const auto random = system_random();
    double least = 1;
    double most = 0;
    for (int count = 0; count < 1'000; ++count) {
        const double number = random();
        REQUIRE(number >= 0);
        REQUIRE(number < 1);
        least = std::min(least, number);
        most = std::max(most, number);
    }
    CHECK(most - least > 0.5);
}
