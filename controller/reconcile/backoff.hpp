#pragma once

#include "api/migration_spec.hpp"
#include "migration/failure.hpp"

#include <chrono>
#include <cstddef>

namespace lockkeeper::reconcile {

/// How a failed run is tried again. migration::retry_of, but for one: an unusable connection string is in a Secret,
/// Secrets are not watched, and so it is looked at again slowly rather than never.
migration::Retry retry_pace(migration::FailureKind kind);

/// How long to wait after the `failures`-th failure in a row (1-based), with jitter: between two thirds and all of
///
/// - Retry::Soon: initialDelay, doubled with each further failure, at most maxDelay;
/// - Retry::Slowly: 15 s, but not less than initialDelay and not more than maxDelay. It does not grow, because someone
///   who has just rotated a password or created a database waits for it.
///
/// `chance` is a random number in [0, 1). Never called for Retry::Never, for which it answers as for Slowly.
std::chrono::milliseconds retry_delay(const api::RetrySpec& retry, migration::Retry pace, std::size_t failures,
                                      double chance);

}  // namespace lockkeeper::reconcile
