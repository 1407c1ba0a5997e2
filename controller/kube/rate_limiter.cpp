#include "kube/rate_limiter.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace lockkeeper::kube {

RateLimiter::RateLimiter(Limits limits, Random random) : limits_(limits), random_(std::move(random)) {}

std::chrono::milliseconds RateLimiter::next_delay(const NamespacedName& key) {
    using Milliseconds = std::chrono::duration<double, std::milli>;
    int failures = 0;
    {
        const std::lock_guard lock(mutex_);
        failures = failures_[key]++;
    }
    const Milliseconds grown = Milliseconds(limits_.initial) * std::exp2(failures);  // infinite, at worst
    const auto delay = std::min(grown, Milliseconds(limits_.cap)) * (1 + 0.1 * random_());
    return std::chrono::duration_cast<std::chrono::milliseconds>(delay);
}

void RateLimiter::forget(const NamespacedName& key) {
    const std::lock_guard lock(mutex_);
    failures_.erase(key);
}

int RateLimiter::failures(const NamespacedName& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = failures_.find(key);
    return found == failures_.end() ? 0 : found->second;
}

}  // namespace lockkeeper::kube
