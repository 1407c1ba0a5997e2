#pragma once

#include "app/alarm_clock.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>

namespace lockkeeper::app {

/// Ends a run that takes too long: a stop that is requested with the one that was given, or once its time has passed.
class RunDeadline {
  public:
    /// Without a limit where `limit` is zero. The clock must outlive it.
    RunDeadline(AlarmClock& clock, std::chrono::milliseconds limit, const std::stop_token& stop);
    RunDeadline(const RunDeadline&) = delete;
    RunDeadline& operator=(const RunDeadline&) = delete;
    ~RunDeadline() = default;

    std::stop_token stop() const { return source_.get_token(); }
    /// Was it the time that ended the run?
    bool has_passed() const { return has_passed_; }

  private:
    std::stop_source source_;
    std::stop_callback<std::function<void()>> also_;
    std::atomic<bool> has_passed_ = false;
    std::optional<AlarmClock::Alarm> alarm_;  ///< last: it uses the others
};

}  // namespace lockkeeper::app
