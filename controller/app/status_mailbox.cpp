#include "app/status_mailbox.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace lockkeeper::app {

using std::chrono::steady_clock;
using std::chrono::system_clock;

StatusMailbox::StatusMailbox(const StatusWriter& writer, AlarmClock& clock, const reconcile::ObservedState& observed,
                             Rhythm rhythm)
    : writer_(writer),
      clock_(clock),
      rhythm_(rhythm),
      migration_{observed.migration.metadata, {}, {}, observed.migration.status},
      last_written_(steady_clock::now()),
      status_(reconcile::status_of_run(observed)) {}

StatusMailbox::~StatusMailbox() {
    finish();
}

void StatusMailbox::post(reconcile::RunProgress progress, Urgency urgency) {
    std::unique_ptr<AlarmClock::Alarm> overtaken;
    const std::lock_guard lock(mutex_);
    if (is_finished_) return;
    const auto due = due_of(urgency);
    // What is urgent stays so, whatever overtakes it.
    due_ = waiting_ ? std::min(due_, due) : due;
    is_urgent_ = (waiting_ && is_urgent_) || urgency == Urgency::Now;
    waiting_ = std::move(progress);
    overtaken = expect();
    changed_.notify_all();
}

std::unique_ptr<AlarmClock::Alarm> StatusMailbox::expect() {
    if (thread_.joinable() || (alarm_ && alarm_time_ <= due_)) return nullptr;
    if (due_ <= steady_clock::now()) {
        start();
        return std::move(alarm_);
    }
    alarm_time_ = due_;
    return std::exchange(alarm_, std::make_unique<AlarmClock::Alarm>(clock_, due_, [this] {
                             const std::lock_guard lock(mutex_);
                             start();
                         }));
}

void StatusMailbox::start() {
    if (!thread_.joinable() && !is_finished_) thread_ = std::thread([this] { deliver(); });
}

StatusMailbox::TimePoint StatusMailbox::due_of(Urgency urgency) const {
    const auto now = steady_clock::now();
    if (urgency == Urgency::Now) return now;
    return urgency == Urgency::Soon ? now + rhythm_.moment : last_written_ + rhythm_.pace;
}

const api::Migration& StatusMailbox::finish() {
    std::unique_ptr<AlarmClock::Alarm> alarm;
    {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, rhythm_.patience, [this] { return !is_writing_ && !(waiting_ && is_urgent_); });
        is_finished_ = true;
        alarm = std::move(alarm_);
        changed_.notify_all();
    }
    alarm.reset();
    give_up_.request_stop();
    if (thread_.joinable()) thread_.join();
    return migration_;
}

void StatusMailbox::deliver() {
    std::unique_lock lock(mutex_);
    while (!is_finished_) {
        if (!waiting_) {
            changed_.wait(lock);
        } else if (steady_clock::now() < due_) {
            changed_.wait_until(lock, TimePoint(due_));
        } else {
            auto progress = *std::exchange(waiting_, std::nullopt);
            is_writing_ = true;
            lock.unlock();
            const bool is_written = write(progress);
            lock.lock();
            is_writing_ = false;
            last_written_ = steady_clock::now();
            if (!is_written && !waiting_) {
                waiting_ = std::move(progress);
                is_urgent_ = false;
                due_ = last_written_ + rhythm_.pace;
            }
            changed_.notify_all();
        }
    }
}

bool StatusMailbox::write(const reconcile::RunProgress& progress) {
    try {
        status_ = reconcile::status_while_running(std::move(status_), progress, system_clock::now());
        writer_.write(migration_, status_, give_up_.get_token());
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace lockkeeper::app
