#include "reconcile/job_status.hpp"

#include "api/reasons.hpp"
#include "reconcile/fingerprint.hpp"
#include "reconcile/job_names.hpp"
#include "reconcile/status_draft.hpp"

#include <algorithm>

namespace lockkeeper::reconcile {
namespace {

api::Timestamp whole_seconds(std::chrono::system_clock::time_point time) {
    return std::chrono::floor<std::chrono::seconds>(time);
}

/// The Migration as it was when its Job was made, as far as the status tells. Of a source that has changed since,
/// nothing is left to be seen.
ObservedState as_begun(ObservedState observed) {
    const auto& status = observed.migration.status;
    observed.migration.metadata.generation = status.observed_generation;
    observed.migration.metadata.requested_at = status.last_handled_request;
    const auto* found = std::get_if<SourceFound>(&observed.source);
    if (found != nullptr && status.source_digest != found->scripts.digest()) observed.source = SourceNotFound{};
    return observed;
}

void mark_ended(api::MigrationStatus& status, std::chrono::system_clock::time_point at) {
    if (status.job) status.job->finished_at = whole_seconds(at);
}

}  // namespace

bool job_is_under_way(const api::MigrationStatus& status) {
    return status.job && !status.job->finished_at;
}

bool is_settled(const ObservedState& observed) {
    const auto& status = observed.migration.status;
    return api::is_true(status.conditions, api::condition_type::ready) && status.inputs_fingerprint &&
           *status.inputs_fingerprint == inputs_fingerprint(observed);
}

std::optional<std::chrono::milliseconds> until_next_job(const ObservedState& observed) {
    using std::chrono::milliseconds;
    const auto& spec = observed.migration.spec;
    const auto& job = observed.migration.status.job;
    const bool is_of_jobs = spec.execution.mode == api::ExecutionMode::Job && !spec.suspend;
    if (!is_of_jobs || !spec.interval || !job || !job->finished_at) return std::nullopt;
    const auto rest = std::chrono::ceil<milliseconds>(*job->finished_at + *spec.interval - observed.now);
    return std::max(rest, milliseconds(0));
}

std::int64_t next_run(const api::MigrationStatus& status) {
    return status.run + 1;
}

api::MigrationStatus status_before_job(const ObservedState& observed) {
    auto status = status_of_run(observed);
    status.run = next_run(status);
    status.inputs_fingerprint = inputs_fingerprint(observed);
    status.job = api::JobReference{job_name(observed.migration.metadata, status.run), whole_seconds(observed.now), {}};
    // A look at what is Ready says nothing until it knows more, unless somebody waits for its answer.
    if (is_settled(observed) && !is_asked_for(observed)) return status;
    return status_while_running(std::move(status),
                                {std::string(api::reason::migrating), "the Job's pod starts", {}, {}}, observed.now);
}

api::MigrationStatus status_during_job(const ObservedState& observed, const JobVerdict& verdict) {
    StatusDraft draft(as_begun(observed), observed.now);
    if (const auto* stuck = std::get_if<JobIsStuck>(&verdict)) draft.converging(stuck->reason, stuck->message);
    if (const auto* runs = std::get_if<JobRuns>(&verdict)) {
        const bool does_something = runs->progress.lock || runs->progress.running;
        const bool is_ready = api::is_true(draft.status().conditions, api::condition_type::ready);
        if (is_ready && !does_something) return std::move(draft.status());
        return status_while_running(std::move(draft.status()), runs->progress, observed.now);
    }
    return std::move(draft.status());
}

NextStatus status_after_job(const ObservedState& observed, const JobEnded& ended, RunEnd end) {
    auto next = status_after_run(as_begun(observed), ended.outcome, end);
    mark_ended(next.status, end.at);
    if (ended.source_digest) next.status.source_digest = ended.source_digest;
    if (ended.source_revision) next.status.source_revision = ended.source_revision;
    return next;
}

api::MigrationStatus status_without_job(const ObservedState& observed) {
    auto status = observed.migration.status;
    mark_ended(status, observed.now);
    return status;
}

}  // namespace lockkeeper::reconcile
