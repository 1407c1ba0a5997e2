#include "kube/work_queue_state.hpp"

namespace lockkeeper::kube {

void WorkQueueState::add(const NamespacedName& key) {
    if (!dirty_.insert(key).second) return;
    if (observer_ != nullptr) observer_->added(key);
    if (!processing_.contains(key)) queue_.push_back(key);
}

void WorkQueueState::add_at(const NamespacedName& key, TimePoint ready) {
    const auto [known, is_new] = ready_at_.try_emplace(key, ready);
    if (!is_new) {
        if (known->second <= ready) return;
        by_time_.erase({known->second, key});
        known->second = ready;
    }
    by_time_.emplace(ready, key);
}

std::optional<NamespacedName> WorkQueueState::take(TimePoint now) {
    queue_what_is_ready(now);
    if (queue_.empty()) return std::nullopt;
    auto key = std::move(queue_.front());
    queue_.pop_front();
    dirty_.erase(key);
    processing_.insert(key);
    if (observer_ != nullptr) observer_->taken(key);
    return key;
}

void WorkQueueState::done(const NamespacedName& key) {
    processing_.erase(key);
    if (observer_ != nullptr) observer_->done(key);
    if (dirty_.contains(key)) queue_.push_back(key);
}

std::optional<TimePoint> WorkQueueState::next_ready() const {
    if (by_time_.empty()) return std::nullopt;
    return by_time_.begin()->first;
}

void WorkQueueState::clear() {
    queue_.clear();
    dirty_.clear();
    ready_at_.clear();
    by_time_.clear();
    if (observer_ != nullptr) observer_->cleared();
}

void WorkQueueState::queue_what_is_ready(TimePoint now) {
    while (!by_time_.empty() && by_time_.begin()->first <= now) {
        const auto key = by_time_.begin()->second;
        by_time_.erase(by_time_.begin());
        ready_at_.erase(key);
        add(key);
    }
}

}  // namespace lockkeeper::kube
