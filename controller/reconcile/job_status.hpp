#pragma once

#include "reconcile/job_outcome.hpp"
#include "reconcile/next_status.hpp"

#include <cstdint>

namespace lockkeeper::reconcile {

/// Was a Job begun whose end the status does not know of?
bool job_is_under_way(const api::MigrationStatus& status);

/// Did the last run reach its goal, on these very inputs? Then a Job would find nothing to do. Only for
/// ExecutionMode::Job: it takes the status's word for what the database has.
bool is_settled(const ObservedState& observed);

/// Of a Migration with an interval whose runs are Jobs: how long until the next one, which may find nothing to do.
/// Nothing where none is to come by itself.
std::optional<std::chrono::milliseconds> until_next_job(const ObservedState& observed);

/// The number of the run that would begin now.
std::int64_t next_run(const api::MigrationStatus& status);

/// The status to write before a Job is made, so that whoever comes next knows its name: the number of its run, what it
/// runs on, and that it is under way.
api::MigrationStatus status_before_job(const ObservedState& observed);

/// The status while a Job is under way: what its runner does, or what keeps it from that.
api::MigrationStatus status_during_job(const ObservedState& observed, const JobVerdict& verdict);

/// The status after a Job has ended: of the generation and the source that it was made by, whatever they are by now.
NextStatus status_after_job(const ObservedState& observed, const JobEnded& ended, RunEnd end);

/// The status after a Job was taken back because its Migration has changed: as if it had not been.
api::MigrationStatus status_without_job(const ObservedState& observed);

}  // namespace lockkeeper::reconcile
