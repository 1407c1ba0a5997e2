#pragma once

#include <string_view>

/// Reasons of conditions that are not the failure of a run; those are the names of migration::FailureKind. docs/api.md
/// says of each what to do.
namespace lockkeeper::api::reason {

constexpr std::string_view progressing = "Progressing";  ///< Ready=Unknown: not known yet
constexpr std::string_view migrating = "Migrating";      ///< Reconciling: a run is under way
constexpr std::string_view waiting_for_lock = "WaitingForLock";
constexpr std::string_view terminating = "Terminating";  ///< deleted in the middle of a run
constexpr std::string_view up_to_date = "UpToDate";
constexpr std::string_view suspended = "Suspended";
constexpr std::string_view source_not_found = "SourceNotFound";
constexpr std::string_view source_digest_mismatch = "SourceDigestMismatch";
constexpr std::string_view secret_not_found = "SecretNotFound";
constexpr std::string_view invalid_source = "InvalidSource";
constexpr std::string_view invalid_spec = "InvalidSpec";
constexpr std::string_view runner_failed = "RunnerFailed";  ///< a Job's program ended without a result

}  // namespace lockkeeper::api::reason
