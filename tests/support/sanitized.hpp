#pragma once

#include <chrono>

namespace lockkeeper::tests {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;  ///< ten times slower, and memory that is freed is kept for a while
#else
constexpr bool is_sanitized = false;
#endif

/// Within which a run that is told to stop ends, and a lock that nobody uses any more is free. It is a promise of what
/// is shipped, not of an instrumented program.
constexpr std::chrono::seconds promised_time{is_sanitized ? 50 : 5};

}  // namespace lockkeeper::tests
