#pragma once

#include "engine/clock.hpp"
#include "kube/clock.hpp"

#include <chrono>
#include <mutex>
#include <stop_token>
#include <vector>

namespace lockkeeper::tests {

/// A clock that stands still until it is told to go on. A sleep takes no time, moves it, and is remembered. Safe from
/// any thread.
class FakeClock : public kube::Clock, public engine::Clock {
  public:
    std::chrono::steady_clock::time_point now() override {
        const std::lock_guard lock(mutex_);
        return now_;
    }

    void sleep(std::chrono::milliseconds duration, const std::stop_token& /*stop*/) override {
        const std::lock_guard lock(mutex_);
        now_ += duration;
        sleeps_.push_back(duration);
    }

    void advance(std::chrono::milliseconds duration) {
        const std::lock_guard lock(mutex_);
        now_ += duration;
    }

    std::vector<std::chrono::milliseconds> sleeps() const {
        const std::lock_guard lock(mutex_);
        return sleeps_;
    }

  private:
    mutable std::mutex mutex_;
    std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
    std::vector<std::chrono::milliseconds> sleeps_;
};

}  // namespace lockkeeper::tests
