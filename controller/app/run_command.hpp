#pragma once

#include "app/exit_code.hpp"
#include "app/migrate_command.hpp"
#include "app/options.hpp"

#include <stop_token>

namespace lockkeeper::app {

/// `lockkeeper run`: what the pod of a Job does. One attempt, since whether another is worth it is the controller's
/// decision; told on `out` as lines of reconcile::RunnerLine, the last of which also goes to the termination message.
ExitCode run_in_job(const RunOptions& options, const Streams& streams, const std::stop_token& stop);

}  // namespace lockkeeper::app
