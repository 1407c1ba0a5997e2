#include "reconcile/backoff.hpp"

#include <algorithm>

namespace lockkeeper::reconcile {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds slow_delay{15'000};

milliseconds doubled(milliseconds delay, std::size_t times, milliseconds limit) {
    for (; times > 0 && delay < limit; --times) delay *= 2;
    return std::min(delay, limit);
}

}  // namespace

migration::Retry retry_pace(migration::FailureKind kind) {
    if (kind == migration::FailureKind::InvalidConnection) return migration::Retry::Slowly;
    return migration::retry_of(kind);
}

milliseconds retry_delay(const api::RetrySpec& retry, migration::Retry pace, std::size_t failures, double chance) {
    const auto longest = std::max(retry.max_delay, retry.initial_delay);
    const auto whole = pace == migration::Retry::Soon
                           ? doubled(retry.initial_delay, std::max<std::size_t>(failures, 1) - 1, longest)
                           : std::clamp(slow_delay, retry.initial_delay, longest);
    const auto share = (2.0 + std::clamp(chance, 0.0, 1.0)) / 3.0;
    return milliseconds(static_cast<milliseconds::rep>(static_cast<double>(whole.count()) * share));
}

}  // namespace lockkeeper::reconcile
