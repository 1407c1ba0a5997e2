#include "kube/event_recorder.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace lockkeeper::kube {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

const Resource events_resource{"events.k8s.io", "v1", "events"};
constexpr std::chrono::minutes between_looks{1};

}  // namespace

EventRecorder::EventRecorder(ApiClient& client, Options options, LogSink log)
    : client_(client),
      options_(std::move(options)),
      log_(std::move(log)),
      pace_(options_.pace, steady_clock::now()),
      thread_([this] { run(); }) {}

EventRecorder::~EventRecorder() {
    {
        std::unique_lock lock(mutex_);
        is_ending_ = true;
        changed_.notify_all();
        changed_.wait_for(lock, options_.time_to_flush, [this] { return has_ended_; });
    }
    give_up_.request_stop();
    thread_.join();
}

void EventRecorder::record(Event event) {
    const std::lock_guard lock(mutex_);
    if (is_ending_ || queue_.size() >= options_.longest_queue) return;
    queue_.push_back({std::move(event), system_clock::now()});
    changed_.notify_all();
}

void EventRecorder::run() {
    auto look_at = steady_clock::now() + between_looks;
    std::unique_lock lock(mutex_);
    while (!is_ending_ || !queue_.empty()) {
        changed_.wait_until(lock, look_at, [this] { return is_ending_ || !queue_.empty(); });
        if (!queue_.empty()) {
            auto [event, time] = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            if (const auto stored = series_.add(std::move(event), time)) {
                keep_pace();
                store(*stored);
            }
            lock.lock();
        }
        if (steady_clock::now() >= look_at) {
            lock.unlock();
            for (const auto& event : series_.due(system_clock::now())) store(event);
            look_at = steady_clock::now() + between_looks;
            lock.lock();
        }
    }
    lock.unlock();
    for (const auto& event : series_.untold()) store(event);
    lock.lock();
    has_ended_ = true;
    changed_.notify_all();
}

/// On the way out there is no time for it.
void EventRecorder::keep_pace() {
    std::unique_lock lock(mutex_);
    while (!is_ending_ && !pace_.take(steady_clock::now())) {
        const auto pause =
            std::max<std::chrono::duration<double>>(pace_.time_to_next(steady_clock::now()), options_.row);
        changed_.wait_for(lock, pause, [this] { return is_ending_; });
    }
}

void EventRecorder::store(const StoredEvent& event) {
    auto pause = options_.first_pause;
    for (int tries = 1; !try_to_store(event) && tries < options_.most_tries; ++tries) {
        std::unique_lock lock(mutex_);
        if (is_ending_) return;
        changed_.wait_for(lock, pause, [this] { return is_ending_; });
        pause = std::min(pause * 2, options_.longest_pause);
    }
}

bool EventRecorder::try_to_store(const StoredEvent& event) {
    const auto stop = give_up_.get_token();
    if (stop.stop_requested()) return true;
    const auto& space = event.event.regarding.key.space;
    const auto object = event.to_json(options_.reporter);
    try {
        if (event.repeats) {
            // An apply adds the repeats, and creates the event if it was not stored, or is stored no longer.
            client_.apply({events_resource, {space, event.name}}, object, {options_.field_manager, {}}, stop);
        } else {
            // Costs the API server two thirds of an apply.
            client_.create({events_resource, space}, object, stop, Representation::Metadata);
        }
        return true;
    } catch (const ApiError& error) {
        if (error.failure() == ApiFailure::AlreadyExists) return true;  // stored by an earlier try
        if (error.retryable()) return false;
        complain(error);
        return true;
    } catch (const std::exception&) {
        return stop.stop_requested();
    }
}

/// Once: the next event would be refused for the same reason.
void EventRecorder::complain(const ApiError& error) {
    // A namespace that is being deleted takes no more of them.
    if (error.failure() == ApiFailure::NotFound || std::exchange(has_complained_, true)) return;
    log_(LogLevel::Warning, "Events cannot be stored", {{"error", error.what()}});
}

}  // namespace lockkeeper::kube
