#pragma once

#include <algorithm>
#include <chrono>

namespace lockkeeper::kube {

/// Allows `burst` in a row, then one more each time that `one_more_after` has passed (a token bucket, as client-go's
/// flowcontrol). It decides only; time is an argument, and a clock that steps back adds nothing.
template <typename TimePoint>
class TokenBucket {
  public:
    struct Limits {
        double burst = 1;
        std::chrono::duration<double> one_more_after{1};
    };

    TokenBucket(Limits limits, TimePoint now) : limits_(limits), left_(limits.burst), at_(now) {}

    bool take(TimePoint now) {
        fill(now);
        if (left_ < 1) return false;
        --left_;
        return true;
    }
    /// How long until there is one to take: 0 if there is.
    std::chrono::duration<double> time_to_next(TimePoint now) {
        fill(now);
        return std::max(1 - left_, 0.0) * limits_.one_more_after;
    }
    /// When it was asked last.
    TimePoint at() const { return at_; }

  private:
    void fill(TimePoint now) {
        const auto passed = std::chrono::duration<double>(now - at_) / limits_.one_more_after;
        left_ = std::min(left_ + std::max(passed, 0.0), limits_.burst);
        at_ = now;
    }

    Limits limits_;
    double left_;
    TimePoint at_;
};

}  // namespace lockkeeper::kube
