#include "kube/response_channel.hpp"

#include <utility>

namespace lockkeeper::kube {

void ResponseChannel::set_head(HttpHead head) {
    const std::lock_guard lock(mutex_);
    head_ = std::move(head);
    changed_.notify_all();
}

ResponseChannel::Pushed ResponseChannel::push(std::string_view bytes) noexcept {
    const std::lock_guard lock(mutex_);
    if (abandoned_) return Pushed::Abandoned;
    changed_.notify_all();
    try {
        bytes_ += bytes;
    } catch (const std::bad_alloc&) {
        abandoned_ = true;
        failure_ = TransportFailure{TransportFailure::Kind::Garbled, "no memory"};  // short enough to need none
        return Pushed::Abandoned;
    }
    return bytes_.size() < capacity_ ? Pushed::Taken : Pushed::Full;
}

void ResponseChannel::when_room(std::function<void()> resume) {
    {
        const std::lock_guard lock(mutex_);
        if (!abandoned_ && bytes_.size() >= capacity_) {
            resume_ = std::move(resume);
            return;
        }
    }
    resume();
}

void ResponseChannel::finish(std::optional<TransportFailure> failure) {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    finished_ = true;
    if (!failure_) failure_ = std::move(failure);
    changed_.notify_all();
}

template <typename Predicate>
void ResponseChannel::wait(std::unique_lock<std::mutex>& lock, TimePoint until, const std::stop_token& stop,
                           Predicate ready) {
    const bool is_ready = changed_.wait_until(lock, stop, until, ready);
    // First, since a stream that always has more to read would never see the stop.
    if (stop.stop_requested()) throw TransportError(TransportError::Kind::Interrupted, "interrupted by a stop");
    if (!is_ready) throw TransportError(TransportError::Kind::Timeout, "no answer within the time allowed");
}

HttpHead ResponseChannel::wait_for_head(TimePoint until, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    wait(lock, until, stop, [this] { return head_ || failure_ || finished_; });
    if (head_) return *head_;
    if (failure_) throw TransportError(*failure_);
    throw TransportError(TransportError::Kind::Garbled, "an answer without a head");
}

std::string ResponseChannel::read(TimePoint until, const std::stop_token& stop) {
    std::function<void()> resume;
    std::string bytes;
    {
        std::unique_lock lock(mutex_);
        wait(lock, until, stop, [this] { return !bytes_.empty() || failure_ || finished_; });
        if (bytes_.empty() && failure_) throw TransportError(*failure_);
        bytes = std::exchange(bytes_, {});
        resume = std::exchange(resume_, {});
    }
    if (resume) resume();
    return bytes;
}

void ResponseChannel::abandon() {
    std::function<void()> resume;
    {
        const std::lock_guard lock(mutex_);
        abandoned_ = true;
        bytes_.clear();
        resume = std::exchange(resume_, {});
    }
    if (resume) resume();
}

bool ResponseChannel::wait_finished(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return finished_; });
}

}  // namespace lockkeeper::kube
