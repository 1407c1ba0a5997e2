#include "app/run_deadline.hpp"

namespace lockkeeper::app {

RunDeadline::RunDeadline(AlarmClock& clock, std::chrono::milliseconds limit, const std::stop_token& stop)
    : also_(stop, [this] { source_.request_stop(); }) {
    if (limit.count() == 0) return;
    alarm_.emplace(clock, std::chrono::steady_clock::now() + limit, [this] {
        if (source_.stop_requested()) return;
        has_passed_ = true;
        source_.request_stop();
    });
}

}  // namespace lockkeeper::app
