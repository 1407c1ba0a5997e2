#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace lockkeeper::app {

/// Ends a run that takes too long: a stop that is requested with the one that was given, or once its time has passed.
class RunDeadline {
  public:
    /// Without a limit where `limit` is zero.
    RunDeadline(std::chrono::milliseconds limit, const std::stop_token& stop);
    RunDeadline(const RunDeadline&) = delete;
    RunDeadline& operator=(const RunDeadline&) = delete;
    ~RunDeadline() = default;

    std::stop_token stop() const { return source_.get_token(); }
    /// Was it the time that ended the run?
    bool has_passed() const { return has_passed_; }

  private:
    void watch(std::chrono::milliseconds limit, const std::stop_token& end);

    std::stop_source source_;
    std::stop_callback<std::function<void()>> also_;
    std::atomic<bool> has_passed_ = false;
    std::mutex mutex_;
    std::condition_variable_any never_;
    std::jthread watch_;  ///< last: it uses the others
};

}  // namespace lockkeeper::app
