#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

namespace lockkeeper::kube {

/// Monotonic: what the wall clock does is of no concern to waits.
using TimePoint = std::chrono::steady_clock::time_point;

/// Time, as an argument: tests bring their own.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual TimePoint now() = 0;
    /// Returns early when a stop is requested.
    virtual void sleep(std::chrono::milliseconds duration, const std::stop_token& stop) = 0;
};

class SystemClock : public Clock {
  public:
    TimePoint now() override { return std::chrono::steady_clock::now(); }
    void sleep(std::chrono::milliseconds duration, const std::stop_token& stop) override;
};

/// Numbers in [0, 1), for jitter. Safe from any thread.
using Random = std::function<double()>;

/// Seeded by the system, one generator a thread.
Random system_random();

}  // namespace lockkeeper::kube
