#pragma once

#include <string_view>

/// Reasons of conditions that are not the failure of a run; those are the names of migration::FailureKind. docs/api.md
/// says of each what to do.
namespace lockkeeper::api::reason {

constexpr std::string_view progressing = "Progressing";  ///< Ready=Unknown: not known yet
constexpr std::string_view migrating = "Migrating";      ///< Reconciling: a run is under way
constexpr std::string_view waiting_for_lock = "WaitingForLock";
constexpr std::string_view dependency_not_ready = "DependencyNotReady";
constexpr std::string_view dependency_cycle = "DependencyCycle";
constexpr std::string_view terminating = "Terminating";  ///< deleted in the middle of a run
constexpr std::string_view up_to_date = "UpToDate";
constexpr std::string_view suspended = "Suspended";
constexpr std::string_view source_not_found = "SourceNotFound";
constexpr std::string_view source_digest_mismatch = "SourceDigestMismatch";
constexpr std::string_view secret_not_found = "SecretNotFound";
constexpr std::string_view invalid_source = "InvalidSource";
constexpr std::string_view invalid_spec = "InvalidSpec";

// Of runs that are Jobs.
constexpr std::string_view image_pull_failed = "ImagePullFailed";
constexpr std::string_view pod_unschedulable = "PodUnschedulable";
constexpr std::string_view pod_refused = "PodRefused";  ///< the Job may not make its pod
constexpr std::string_view container_not_started = "ContainerNotStarted";
constexpr std::string_view quota_exceeded = "QuotaExceeded";
constexpr std::string_view job_refused = "JobRefused";  ///< the API server does not take the Job
constexpr std::string_view job_lost = "JobLost";        ///< Job or pod was deleted before its result was read
constexpr std::string_view pod_evicted = "PodEvicted";
constexpr std::string_view node_lost = "NodeLost";
constexpr std::string_view out_of_memory = "OutOfMemory";
constexpr std::string_view runner_failed = "RunnerFailed";          ///< its program ended without a result
constexpr std::string_view deadline_exceeded = "DeadlineExceeded";  ///< longer than execution.timeout
constexpr std::string_view execution_mode_disabled = "ExecutionModeDisabled";

}  // namespace lockkeeper::api::reason
