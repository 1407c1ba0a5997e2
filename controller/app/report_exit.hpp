#pragma once

#include "app/exit_code.hpp"
#include "migration/run_report.hpp"

namespace lockkeeper::app {

/// What a process that made this run tells its caller.
ExitCode exit_code_of(const migration::RunReport& report);

}  // namespace lockkeeper::app
