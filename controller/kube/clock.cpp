#include "kube/clock.hpp"

#include <condition_variable>
#include <mutex>
#include <random>

namespace lockkeeper::kube {

void SystemClock::sleep(std::chrono::milliseconds duration, const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait_for(lock, stop, duration, [] { return false; });
}

Random system_random() {
    return [] {
        thread_local std::mt19937_64 generator{std::random_device{}()};
        return std::uniform_real_distribution<double>(0, 1)(generator);
    };
}

}  // namespace lockkeeper::kube
