#pragma once

#include "kube/clock.hpp"
#include "kube/lease_lock.hpp"
#include "kube/lease_rules.hpp"
#include "kube/log_sink.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

namespace lockkeeper::kube {

/// Makes one process of several the leader by a Lease: LeaseRules, carried out. It saves work; it is no proof that
/// only one process works, since any of them may stand still at any instant and go on later.
class LeaderElection {
  public:
    struct Options {
        std::string name;      ///< of the lease, for the log
        std::string identity;  ///< of this process, and of no other one ever
        LeaseTimes times{};
        Random random = system_random();
        std::function<std::chrono::system_clock::time_point()> wall_clock = std::chrono::system_clock::now;
    };

    /// How this process stands, for whoever watches it.
    struct Standing {
        bool leads = false;
        std::chrono::steady_clock::duration since_renewal{0};  ///< of a leader
        std::uint64_t slow_paths = 0;                          ///< renewals that had to read the lease first
    };

    /// All must outlive it. The lock is asked by `run` alone, and its client must not wait for longer than half of the
    /// renew deadline.
    LeaderElection(LeaseLock& lock, Options options, Clock& clock, LogSink log);

    /// Tries to become the leader, then stays it, until a stop is requested, for which it releases the lease, or until
    /// it has lost it. Request the stop only when nothing of the leader's work is left. On a thread of its own.
    void run(const std::stop_token& stop);

    /// True once this process leads, or has done so; false if a stop was requested before.
    bool wait_to_lead(const std::stop_token& stop);

    enum class End { Stopped, Lost };
    /// Returns when a stop is requested or, at the latest when the renew deadline has passed, at the loss of the lead,
    /// also if `run` hangs in a request.
    End wait_while_leading(const std::stop_token& stop);

    /// Makes who does not lead look at the lease now, since it may have changed. Safe from any thread.
    void look_now();

    Standing standing() const;

  private:
    void try_once(const std::stop_token& stop);
    bool renew_unread(const std::stop_token& stop);
    void read_and_move(const std::stop_token& stop);
    void write(const std::stop_token& stop);
    void release();
    void pause(const std::stop_token& stop);

    Candidate candidate() const;
    bool leads() const;
    bool has_lost() const;
    std::string wall_time() const;
    void now_leads(TimePoint asked);
    void lose(const std::string& why);

    LeaseLock& lock_;
    const Options options_;
    Clock& clock_;
    const LogSink log_;
    std::optional<ObservedLease> observed_;  ///< of `run` alone
    std::string logged_;                     ///< the last failure that the log knows of; of `run` alone

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    enum class State { Follows, Leads, HasLost } state_ = State::Follows;
    TimePoint renewed_{};  ///< when the last renewal that succeeded was begun
    std::uint64_t slow_paths_ = 0;
    bool look_now_ = false;
    std::optional<std::stop_source> pause_;  ///< ends the pause that is on
};

}  // namespace lockkeeper::kube
