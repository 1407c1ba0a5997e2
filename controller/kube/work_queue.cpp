#include "kube/work_queue.hpp"

namespace lockkeeper::kube {

void WorkQueue::add(const NamespacedName& key) {
    const std::lock_guard lock(mutex_);
    if (is_shut_down_) return;
    state_.add(key);
    work_.notify_one();
}

void WorkQueue::add_after(const NamespacedName& key, std::chrono::milliseconds delay) {
    const std::lock_guard lock(mutex_);
    if (is_shut_down_) return;
    state_.add_at(key, clock_.now() + delay);
    work_.notify_one();  // whoever waits may have to wake up sooner
}

std::optional<NamespacedName> WorkQueue::take() {
    std::unique_lock lock(mutex_);
    while (!is_shut_down_) {
        if (auto key = take_ready()) return key;
        if (const auto ready = state_.next_ready()) {
            work_.wait_for(lock, *ready - clock_.now());
        } else {
            work_.wait(lock);
        }
    }
    return std::nullopt;
}

std::optional<NamespacedName> WorkQueue::take_now() {
    const std::lock_guard lock(mutex_);
    return is_shut_down_ ? std::nullopt : take_ready();
}

std::optional<NamespacedName> WorkQueue::take_ready() {
    auto key = state_.take(clock_.now());
    // One worker's waking may have been for a key whose time had come with others', or it was the one that waited for
    // the time of another.
    if (key && (state_.queued() > 0 || state_.next_ready())) work_.notify_one();
    return key;
}

void WorkQueue::done(const NamespacedName& key) {
    const std::lock_guard lock(mutex_);
    state_.done(key);
    if (state_.queued() > 0) work_.notify_one();
    if (state_.processing() == 0) idle_.notify_all();
}

void WorkQueue::shut_down() {
    const std::lock_guard lock(mutex_);
    is_shut_down_ = true;
    state_.clear();
    work_.notify_all();
}

bool WorkQueue::wait_until_idle(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return idle_.wait_for(lock, patience, [this] { return state_.processing() == 0; });
}

std::size_t WorkQueue::queued() const {
    const std::lock_guard lock(mutex_);
    return state_.queued();
}

}  // namespace lockkeeper::kube
