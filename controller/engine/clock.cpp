#include "engine/clock.hpp"

#include <condition_variable>
#include <mutex>

namespace lockkeeper::engine {

void SystemClock::sleep(std::chrono::milliseconds duration, const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait_for(lock, stop, duration, [] { return false; });
}

}  // namespace lockkeeper::engine
