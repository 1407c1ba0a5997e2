#pragma once

#include "reconcile/job_state.hpp"
#include "reconcile/next_status.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lockkeeper::reconcile {

/// All that is seen of one run that is, or was, a Job.
struct ObservedJob {
    std::string name;
    std::optional<JobState> job{};  ///< nothing: there is none of that name, or it is somebody else's
    std::vector<PodState> pods{};
    std::string log{};                           ///< the last lines of the runner, or nothing where they cannot be had
    std::optional<std::string> pod_refusal{};    ///< why the Job could not make its pod, where an Event says so
    std::optional<std::string> mount_failure{};  ///< why a pod's volumes cannot be mounted, where an Event says so
};

/// It is under way.
struct JobRuns {
    RunProgress progress;
};

/// It is under way and does not get on by itself: somebody or something has to help.
struct JobIsStuck {
    std::string reason;
    std::string message;
};

/// It has ended.
struct JobEnded {
    Outcome outcome;
    std::optional<std::string> source_digest{};
    std::optional<std::string> source_revision{};
};

using JobVerdict = std::variant<JobRuns, JobIsStuck, JobEnded>;

/// Pure and total: what a Job has come to. What the runner said counts for more than what became of its pod: the
/// database has what the runner says it has, even where the Job was then ended by its deadline. Of a runner that was
/// told to end, the Job says why.
JobVerdict judge(const ObservedJob& observed);

/// A Job that was made by a Migration as it was, of which no container has begun yet: it can be taken back, and another
/// be made by the Migration as it is.
bool can_be_replaced(const ObservedJob& observed);

}  // namespace lockkeeper::reconcile
