#include "app/report_exit.hpp"

namespace lockkeeper::app {

ExitCode exit_code_of(const migration::RunReport& report) {
    if (!report.failure) return ExitCode::Done;
    switch (report.failure->kind) {
        case migration::FailureKind::WaitingForLock:
            return ExitCode::LockNotAcquired;
        case migration::FailureKind::ChecksumMismatch:
        case migration::FailureKind::MissingScripts:
            return ExitCode::ChecksumMismatch;
        default:
            return ExitCode::Failed;
    }
}

}  // namespace lockkeeper::app
