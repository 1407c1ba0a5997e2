#pragma once

#include "kube/clock.hpp"
#include "kube/namespaced_name.hpp"

#include <chrono>
#include <mutex>
#include <unordered_map>

namespace lockkeeper::kube {

/// How long a key that failed waits: `initial` × 2^(failures so far), at most `cap`, and up to a tenth more at random
/// (client-go's ItemExponentialFailureRateLimiter, with jitter). Safe from any thread.
class RateLimiter {
  public:
    struct Limits {
        std::chrono::milliseconds initial{5};
        std::chrono::milliseconds cap{300'000};
    };

    explicit RateLimiter(Limits limits, Random random = system_random());

    /// Counts one more failure.
    std::chrono::milliseconds next_delay(const NamespacedName& key);
    /// The key did not fail, or is gone.
    void forget(const NamespacedName& key);
    int failures(const NamespacedName& key) const;

  private:
    const Limits limits_;
    const Random random_;
    mutable std::mutex mutex_;
    std::unordered_map<NamespacedName, int> failures_;
};

}  // namespace lockkeeper::kube
