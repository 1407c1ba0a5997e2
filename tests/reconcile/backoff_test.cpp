#include "reconcile/backoff.hpp"

#include "support/builders.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using namespace std::chrono_literals;
using migration::FailureKind;
using migration::Retry;
using reconcile::retry_delay;
using reconcile::retry_pace;

namespace {

const api::RetrySpec defaults{5s, 5min};
constexpr double longest = 1.0;

}  // namespace

TEST_CASE("a delay doubles with each failure until it reaches maxDelay") {
    CHECK(retry_delay(defaults, Retry::Soon, 1, longest) == 5s);
    CHECK(retry_delay(defaults, Retry::Soon, 2, longest) == 10s);
    CHECK(retry_delay(defaults, Retry::Soon, 6, longest) == 160s);
    CHECK(retry_delay(defaults, Retry::Soon, 7, longest) == 5min);
    CHECK(retry_delay(defaults, Retry::Soon, 1'000'000, longest) == 5min);
}

TEST_CASE("jitter takes up to a third away, and never adds") {
    CHECK(retry_delay({3s, 3s}, Retry::Soon, 1, 0.0) == 2s);
    CHECK(retry_delay({3s, 3s}, Retry::Soon, 1, 0.5) == 2'500ms);
    CHECK(retry_delay({3s, 3s}, Retry::Soon, 1, 1.0) == 3s);
    CHECK(retry_delay({3s, 3s}, Retry::Soon, 1, 7.0) == 3s);
}

TEST_CASE("a slow retry does not grow, since someone who has just rotated a password waits for it") {
    CHECK(retry_delay(defaults, Retry::Slowly, 1, longest) == 15s);
    CHECK(retry_delay(defaults, Retry::Slowly, 100, longest) == 15s);
    CHECK(retry_delay(defaults, Retry::Slowly, 100, 0.0) == 10s);
}

TEST_CASE("a slow retry keeps within initialDelay and maxDelay") {
    CHECK(retry_delay({1s, 2s}, Retry::Slowly, 1, longest) == 2s);
    CHECK(retry_delay({1min, 5min}, Retry::Slowly, 1, longest) == 1min);
}

TEST_CASE("a connection string that cannot be used is retried, since nobody tells us when the Secret changes") {
    CHECK(migration::retry_of(FailureKind::InvalidConnection) == Retry::Never);
    CHECK(retry_pace(FailureKind::InvalidConnection) == Retry::Slowly);
}

TEST_CASE("every other failure is retried as its kind says") {
    for (const auto kind : tests::all_failure_kinds) {
        if (kind == FailureKind::InvalidConnection) continue;
        INFO(to_string(kind));
        CHECK(retry_pace(kind) == migration::retry_of(kind));
    }
}
