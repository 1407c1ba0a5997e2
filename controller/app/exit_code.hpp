#pragma once

namespace lockkeeper::app {

/// What the process tells its caller. Documented in docs/cli.md; scripts depend on it.
enum class ExitCode : int {
    Done = 0,
    Failed = 1,
    WrongUsage = 2,
    LockNotAcquired = 3,
    ChecksumMismatch = 5,
    TimedOut = 6,
};

}  // namespace lockkeeper::app
