#pragma once

#include <chrono>
#include <stop_token>

namespace lockkeeper::engine {

/// Time, as an argument: tests bring their own.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual std::chrono::steady_clock::time_point now() = 0;
    /// Returns early when a stop is requested.
    virtual void sleep(std::chrono::milliseconds duration, const std::stop_token& stop) = 0;
};

class SystemClock : public Clock {
  public:
    std::chrono::steady_clock::time_point now() override { return std::chrono::steady_clock::now(); }
    void sleep(std::chrono::milliseconds duration, const std::stop_token& stop) override;
};

}  // namespace lockkeeper::engine
