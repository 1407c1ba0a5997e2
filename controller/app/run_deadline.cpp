#include "app/run_deadline.hpp"

namespace lockkeeper::app {

RunDeadline::RunDeadline(std::chrono::milliseconds limit, const std::stop_token& stop)
    : also_(stop, [this] { source_.request_stop(); }) {
    if (limit.count() > 0) watch_ = std::jthread([this, limit](const std::stop_token& end) { watch(limit, end); });
}

void RunDeadline::watch(std::chrono::milliseconds limit, const std::stop_token& end) {
    {
        std::unique_lock lock(mutex_);
        never_.wait_for(lock, end, limit, [] { return false; });
    }
    if (end.stop_requested() || source_.stop_requested()) return;
    has_passed_ = true;
    source_.request_stop();
}

}  // namespace lockkeeper::app
