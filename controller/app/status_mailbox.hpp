#pragma once

#include "app/alarm_clock.hpp"
#include "app/status_writer.hpp"
#include "reconcile/next_status.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace lockkeeper::app {

/// What a run tells of itself goes into the status from a thread of its own: the session that holds the lock must never
/// wait for the API server, since it is ended by its own server when it is idle for long. Only the latest is written,
/// and what it overtakes is forgotten. A write that fails is tried again at the next turn.
class StatusMailbox {
  public:
    enum class Urgency {
        Now,    ///< as soon as the thread gets to it, and before finish() returns
        Soon,   ///< after `moment`: a very fast run never gets to it
        Paced,  ///< not within `pace` of the last write or of the beginning: a fast run never gets to it
    };
    struct Rhythm {
        std::chrono::milliseconds pace{2'000};
        std::chrono::milliseconds moment{250};
        /// How long finish() waits for a write that is urgent or under way before it cancels it.
        std::chrono::milliseconds patience{2'000};
    };

    /// For one run of this Migration. Writer and clock must outlive it.
    StatusMailbox(const StatusWriter& writer, AlarmClock& clock, const reconcile::ObservedState& observed,
                  Rhythm rhythm);
    StatusMailbox(const StatusWriter& writer, AlarmClock& clock, const reconcile::ObservedState& observed)
        : StatusMailbox(writer, clock, observed, Rhythm{}) {}
    ~StatusMailbox();
    StatusMailbox(const StatusMailbox&) = delete;
    StatusMailbox& operator=(const StatusMailbox&) = delete;

    /// Returns at once.
    void post(reconcile::RunProgress progress, Urgency urgency = Urgency::Paced);

    /// Writes nothing more. Metadata and status of the Migration as they were written last.
    const api::Migration& finish();

  private:
    using TimePoint = std::chrono::steady_clock::time_point;

    TimePoint due_of(Urgency urgency) const;
    /// Sees to it that the thread runs when the waiting is due. Returns an alarm that is to go, for which the lock is
    /// not to be held.
    std::unique_ptr<AlarmClock::Alarm> expect();
    void start();
    void deliver();
    /// False if it cannot be written now.
    bool write(const reconcile::RunProgress& progress);

    const StatusWriter& writer_;
    AlarmClock& clock_;
    const Rhythm rhythm_;
    api::Migration migration_;  ///< without its spec; of the thread, until finish()

    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<reconcile::RunProgress> waiting_;
    TimePoint due_;
    TimePoint last_written_;
    bool is_urgent_ = false;
    bool is_writing_ = false;
    bool is_finished_ = false;

    api::MigrationStatus status_;  ///< of the thread
    std::stop_source give_up_;
    std::thread thread_;                        ///< from when the first post is due
    std::unique_ptr<AlarmClock::Alarm> alarm_;  ///< until then
    TimePoint alarm_time_;
};

}  // namespace lockkeeper::app
