#include "kube/backoff.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::kube {

Backoff::Backoff(Limits limits, Random random)
    : limits_(limits), random_(std::move(random)), current_(limits.initial) {}

std::chrono::milliseconds Backoff::next(TimePoint now) {
    if (last_ && now - *last_ >= limits_.reset_after) reset();
    last_ = now;
    const auto pause = current_;
    current_ = std::min(current_ * 2, limits_.cap);
    const auto jitter = std::chrono::duration<double, std::milli>(pause) * random_();
    return pause + std::chrono::duration_cast<std::chrono::milliseconds>(jitter);
}

void Backoff::reset() {
    current_ = limits_.initial;
    last_.reset();
}

}  // namespace lockkeeper::kube
