#include "app/alarm_clock.hpp"

#include <utility>

namespace lockkeeper::app {

AlarmClock::Alarm::Alarm(AlarmClock& clock, TimePoint time, std::function<void()> ring)
    : clock_(clock), ring_(std::move(ring)) {
    const std::lock_guard lock(clock_.mutex_);
    place_ = clock_.alarms_.emplace(time, this);
    if (time < clock_.wakes_at_) clock_.changed_.notify_all();
}

AlarmClock::Alarm::~Alarm() {
    std::unique_lock lock(clock_.mutex_);
    if (is_set_) clock_.alarms_.erase(place_);
    clock_.changed_.wait(lock, [this] { return clock_.ringing_ != this; });
}

AlarmClock::AlarmClock() : thread_([this] { run(); }) {}

AlarmClock::~AlarmClock() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
        changed_.notify_all();
    }
    thread_.join();
}

void AlarmClock::run() {
    std::unique_lock lock(mutex_);
    while (!is_ending_) {
        if (alarms_.empty()) {
            wakes_at_ = TimePoint::max();
            changed_.wait(lock);
            continue;
        }
        wakes_at_ = alarms_.begin()->first;
        if (std::chrono::steady_clock::now() < wakes_at_) {
            changed_.wait_until(lock, TimePoint(wakes_at_));
            continue;
        }
        auto& alarm = *alarms_.begin()->second;
        alarms_.erase(alarms_.begin());
        alarm.is_set_ = false;
        ringing_ = &alarm;
        lock.unlock();
        alarm.ring_();
        lock.lock();
        ringing_ = nullptr;
        changed_.notify_all();
    }
}

}  // namespace lockkeeper::app
