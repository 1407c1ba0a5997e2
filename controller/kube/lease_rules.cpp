#include "kube/lease_rules.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::kube {
namespace {

using std::chrono::milliseconds;

constexpr double jitter = 1.2;

}  // namespace

std::optional<std::string> what_is_wrong_with(const LeaseTimes& times) {
    if (times.lease_duration % std::chrono::seconds(1) != milliseconds(0)) {
        return "the lease duration is stored in whole seconds; write a number of seconds, such as 15s";
    }
    if (times.retry_period <= milliseconds(0)) return "the retry period is not positive; write a time such as 2s";
    if (times.renew_deadline <= times.retry_period * jitter) {
        return "the renew deadline leaves no time for a second try; write one of more than 1.2 times the retry period";
    }
    if (times.lease_duration <= times.renew_deadline) {
        return "the lease ends before its holder gives up, so two could work at once; write a lease duration that is "
               "longer than the renew deadline";
    }
    return std::nullopt;
}

void note(std::optional<ObservedLease>& observed, LeaseRecord record, TimePoint now) {
    if (!observed || observed->record != record) observed = ObservedLease{std::move(record), now};
}

LeaseMove next_move(const ObservedLease& observed, const Candidate& candidate, TimePoint now) {
    const auto& holder = observed.record.holder;
    if (holder == candidate.identity) return LeaseMove::Renew;
    if (holder.empty()) return LeaseMove::Take;
    if (candidate.leads) return LeaseMove::Stop;
    return observed.has_run_out(now) ? LeaseMove::Take : LeaseMove::Wait;
}

bool may_renew_unread(const std::optional<ObservedLease>& observed, const Candidate& candidate, TimePoint now) {
    return candidate.leads && observed && observed->record.holder == candidate.identity && !observed->has_run_out(now);
}

TimePoint leading_ends(TimePoint renewed, const LeaseTimes& times) {
    return renewed + times.renew_deadline;
}

LeaseRecord held_record(const std::optional<ObservedLease>& before, const std::string& identity,
                        const LeaseTimes& times, const std::string& wall_time) {
    LeaseRecord record{.holder = identity,
                       .duration = std::chrono::duration_cast<std::chrono::seconds>(times.lease_duration),
                       .acquire_time = wall_time,
                       .renew_time = wall_time,
                       .transitions = 0};
    if (!before) return record;
    if (before->record.holder == identity) {
        record.acquire_time = before->record.acquire_time;
        record.transitions = before->record.transitions;
    } else {
        record.transitions = before->record.transitions + 1;
    }
    return record;
}

LeaseRecord released_record(const LeaseRecord& held, const std::string& wall_time) {
    return {.holder = {},
            .duration = std::chrono::seconds(1),
            .acquire_time = wall_time,
            .renew_time = wall_time,
            .transitions = held.transitions};
}

milliseconds pause_before_next_try(const std::optional<ObservedLease>& observed, const Candidate& candidate,
                                   const LeaseTimes& times, double random, TimePoint now) {
    if (candidate.leads) return times.retry_period;
    const auto pause = std::chrono::duration_cast<milliseconds>(times.retry_period * (1 + random * jitter));
    if (!observed || observed->record.holder.empty() || observed->has_run_out(now)) return pause;
    const auto left = std::chrono::ceil<milliseconds>(observed->since + observed->record.duration - now);
    return std::min(pause, left);
}

}  // namespace lockkeeper::kube
