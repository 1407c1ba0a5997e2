#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace lockkeeper::app {

/// Calls back when it is time, from one thread for all: most of what is to be done then never is, and a thread of its
/// own would cost a short run more than its scripts. Safe from any thread.
class AlarmClock {
  public:
    using TimePoint = std::chrono::steady_clock::time_point;

    /// Rings once, as long as it lives: when it has gone out of scope it does not ring any more.
    class Alarm {
      public:
        /// `ring` must be quick, since others wait for it, and must not destroy the alarm. The clock must outlive it.
        Alarm(AlarmClock& clock, TimePoint time, std::function<void()> ring);
        ~Alarm();
        Alarm(const Alarm&) = delete;
        Alarm& operator=(const Alarm&) = delete;

      private:
        friend class AlarmClock;

        AlarmClock& clock_;
        const std::function<void()> ring_;
        std::multimap<TimePoint, Alarm*>::iterator place_;
        bool is_set_ = true;
    };

    AlarmClock();
    ~AlarmClock();
    AlarmClock(const AlarmClock&) = delete;
    AlarmClock& operator=(const AlarmClock&) = delete;

  private:
    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::multimap<TimePoint, Alarm*> alarms_;
    TimePoint wakes_at_ = TimePoint::max();  ///< an alarm of before that must wake the thread
    const Alarm* ringing_ = nullptr;
    bool is_ending_ = false;
    std::thread thread_;
};

}  // namespace lockkeeper::app
