#pragma once

#include "kube/clock.hpp"
#include "kube/lease_record.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace lockkeeper::kube {

/// How a lease is kept (client-go's defaults).
struct LeaseTimes {
    std::chrono::milliseconds lease_duration{15'000};  ///< unrenewed for so long, others may take it
    std::chrono::milliseconds renew_deadline{10'000};  ///< not renewed for so long, its holder stops
    std::chrono::milliseconds retry_period{2'000};     ///< between two tries to renew or to take it
};

/// What is wrong with them, and what to write instead; nothing if they can be used. The holder must stop before others
/// may begin, so its deadline is the shorter one, and within it there must be time for a second try.
std::optional<std::string> what_is_wrong_with(const LeaseTimes& times);

/// A record, and when it was first seen by the clock of this process, which is the only one that counts: how far other
/// machines' clocks are off does not matter, as long as all run at about the same speed.
struct ObservedLease {
    LeaseRecord record;
    TimePoint since;

    /// Its holder has had its time: nobody has written it for as long as it holds.
    bool has_run_out(TimePoint now) const { return since + record.duration <= now; }
};

/// Takes note of a record that was read. One that is as it was has not been renewed, so its time goes on.
void note(std::optional<ObservedLease>& observed, LeaseRecord record, TimePoint now);

/// Who wants the lease, and whether it acts as its holder already.
struct Candidate {
    std::string identity;
    bool leads = false;
};

enum class LeaseMove {
    Wait,   ///< another one holds it
    Take,   ///< nobody does, or no longer
    Renew,  ///< it is ours
    Stop,   ///< we act as its holder, and another one has it: two are at work
};

/// What to do about a lease that has just been read (client-go's tryAcquireOrRenew). Where client-go goes on trying
/// until its deadline when the lease has another holder, this stops at once.
LeaseMove next_move(const ObservedLease& observed, const Candidate& candidate, TimePoint now);

/// May the holder write the record that it remembers, without reading it again?
bool may_renew_unread(const std::optional<ObservedLease>& observed, const Candidate& candidate, TimePoint now);

/// The holder stops when the last renewal that succeeded was begun so long ago, whatever it is doing at the moment.
/// It also finds this when it was itself what stood still.
TimePoint leading_ends(TimePoint renewed, const LeaseTimes& times);

/// The record that makes the candidate its holder. `before` is what was observed last; nothing, where there is no
/// lease.
LeaseRecord held_record(const std::optional<ObservedLease>& before, const std::string& identity,
                        const LeaseTimes& times, const std::string& wall_time);

/// The record that lets the next one have it at once: without a holder, and run out in a second.
LeaseRecord released_record(const LeaseRecord& held, const std::string& wall_time);

/// Until the next try. Who waits does so for one to 2.2 retry periods by `random`, in [0, 1), lest all come at once,
/// but not past the instant at which the lease runs out.
std::chrono::milliseconds pause_before_next_try(const std::optional<ObservedLease>& observed,
                                                const Candidate& candidate, const LeaseTimes& times, double random,
                                                TimePoint now);

}  // namespace lockkeeper::kube
