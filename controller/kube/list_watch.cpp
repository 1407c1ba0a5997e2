#include "kube/list_watch.hpp"

#include <algorithm>

namespace lockkeeper::kube {
namespace {

using Kind = ListWatchTrouble::Kind;
using std::chrono::milliseconds;

constexpr milliseconds two_minutes{120'000};

}  // namespace

ListWatch::ListWatch(const Random& random)
    : while_unreachable_({milliseconds(800), milliseconds(2'000), two_minutes}, random),
      after_failure_({milliseconds(800), milliseconds(30'000), two_minutes}, random) {}

ListWatchStep ListWatch::start() const {
    return {ListWatchStep::List{}};
}

ListWatchStep ListWatch::page_listed(const std::string& resource_version, const std::string& continue_token,
                                     TimePoint now) {
    continue_token_ = continue_token;
    if (!continue_token.empty()) return {ListWatchStep::List{continue_token}};
    resource_version_ = resource_version;
    listed_at_ = now;
    failures_in_a_row_ = 0;
    return watch_again(milliseconds(0));
}

ListWatchStep ListWatch::list_failed(const ListWatchTrouble& trouble, TimePoint now) {
    // A continue token lasts some minutes. One that has expired is no failure: the list is begun again.
    const bool token_expired = trouble.kind == Kind::Expired && !continue_token_.empty();
    return list_again(token_expired ? milliseconds(0) : pause_after(trouble, now));
}

void ListWatch::saw(const std::string& resource_version) {
    resource_version_ = resource_version;
    failures_in_a_row_ = 0;
}

ListWatchStep ListWatch::watch_ended(const WatchEnd& end, TimePoint now) {
    if (!end.trouble) {
        return watch_again(end.was_cut_short() ? pause_after({Kind::Failed}, now) : milliseconds(0));
    }
    switch (end.trouble->kind) {
        case Kind::Expired: {
            // At once; but were a fresh list to expire at once, that would be a storm.
            const bool is_fresh = listed_at_ && now - *listed_at_ < std::chrono::seconds(10);
            return list_again(is_fresh ? pause_after(*end.trouble, now) : milliseconds(0));
        }
        case Kind::NotFound:
        case Kind::Garbled:
            return list_again(pause_after(*end.trouble, now));
        case Kind::Failed:
            if (++failures_in_a_row_ > 1) return list_again(pause_after(*end.trouble, now));
            break;
        case Kind::Unreachable:
        case Kind::Throttled:
        case Kind::Denied:
            break;
    }
    return watch_again(pause_after(*end.trouble, now));
}

milliseconds ListWatch::pause_after(const ListWatchTrouble& trouble, TimePoint now) {
    const bool is_away = trouble.kind == Kind::Unreachable || trouble.kind == Kind::NotFound;
    auto& backoff = is_away ? while_unreachable_ : after_failure_;
    return std::max(backoff.next(now), trouble.retry_after);
}

ListWatchStep ListWatch::list_again(milliseconds pause) {
    continue_token_.clear();
    return {ListWatchStep::List{}, pause};
}

ListWatchStep ListWatch::watch_again(milliseconds pause) const {
    return {ListWatchStep::Watch{resource_version_}, pause};
}

}  // namespace lockkeeper::kube
