#include "kube/response_channel.hpp"

#include <utility>

namespace lockkeeper::kube {

void ResponseChannel::set_head(HttpHead head) {
    std::unique_lock lock(mutex_);
    head_ = std::move(head);
    wake(std::move(lock));
}

ResponseChannel::Pushed ResponseChannel::push(std::string_view bytes) noexcept {
    std::unique_lock lock(mutex_);
    if (abandoned_) return Pushed::Abandoned;
    try {
        bytes_ += bytes;
    } catch (const std::bad_alloc&) {
        abandoned_ = true;
        failure_ = TransportFailure{TransportFailure::Kind::Garbled, "no memory"};  // short enough to need none
    }
    const auto pushed = abandoned_ ? Pushed::Abandoned : is_full() ? Pushed::Full : Pushed::Taken;
    wake(std::move(lock));
    return pushed;
}

void ResponseChannel::when_room(std::function<void()> resume) {
    {
        const std::lock_guard lock(mutex_);
        if (!abandoned_ && is_full()) {
            resume_ = std::move(resume);
            return;
        }
    }
    resume();
}

void ResponseChannel::finish(std::optional<TransportFailure> failure) {
    std::unique_lock lock(mutex_);
    if (finished_) return;
    finished_ = true;
    if (!failure_) failure_ = std::move(failure);
    wake(std::move(lock));
}

bool ResponseChannel::is_there(Awaited what) const {
    switch (what) {
        case Awaited::Nothing:
            return false;
        case Awaited::Head:
            return head_ || failure_ || finished_;
        case Awaited::Bytes:
            return !bytes_.empty() || failure_ || finished_;
        case Awaited::End:
            return is_full() || failure_ || finished_;
        case Awaited::Finish:
            return finished_;
    }
    return false;
}

void ResponseChannel::wake(std::unique_lock<std::mutex> lock) noexcept {
    const bool is_awaited = is_there(awaited_);
    lock.unlock();
    if (is_awaited) changed_.notify_all();
}

void ResponseChannel::wait(std::unique_lock<std::mutex>& lock, Awaited what, TimePoint until,
                           const std::stop_token& stop) {
    awaited_ = what;
    const bool is_ready = changed_.wait_until(lock, stop, until, [&] { return is_there(what); });
    awaited_ = Awaited::Nothing;
    // First, since a stream that always has more to read would never see the stop.
    if (stop.stop_requested()) throw TransportError(TransportError::Kind::Interrupted, "interrupted by a stop");
    if (!is_ready) throw TransportError(TransportError::Kind::Timeout, "no answer within the time allowed");
}

void ResponseChannel::wait_for_end(TimePoint until, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    wait(lock, Awaited::End, until, stop);
}

HttpHead ResponseChannel::wait_for_head(TimePoint until, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    wait(lock, Awaited::Head, until, stop);
    if (head_) return *head_;
    if (failure_) throw TransportError(*failure_);
    throw TransportError(TransportError::Kind::Garbled, "an answer without a head");
}

std::string ResponseChannel::read(TimePoint until, const std::stop_token& stop) {
    std::function<void()> resume;
    std::string bytes;
    {
        std::unique_lock lock(mutex_);
        wait(lock, Awaited::Bytes, until, stop);
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
    awaited_ = Awaited::Finish;
    return changed_.wait_for(lock, patience, [this] { return finished_; });
}

}  // namespace lockkeeper::kube
