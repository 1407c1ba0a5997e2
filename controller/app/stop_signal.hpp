#pragma once

#include <stop_token>
#include <thread>

namespace lockkeeper::app {

/// Turns SIGINT and SIGTERM into a stop request. A second signal ends the process at once. Make it first in main,
/// before any other thread: the signals are blocked in all threads that start after it. SIGPIPE is ignored from then
/// on.
class StopSignal {
  public:
    StopSignal();
    ~StopSignal();
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;

    std::stop_token token() const { return source_.get_token(); }

  private:
    std::stop_source source_;
    std::jthread waiter_;
};

}  // namespace lockkeeper::app
