#pragma once

#include "app/exit_code.hpp"
#include "app/migrate_command.hpp"
#include "app/options.hpp"

#include <stop_token>

namespace lockkeeper::app {

/// `lockkeeper wait`: returns when the schema is at a version, or beyond it (migration::reached). It looks, and changes
/// nothing; a database that cannot be reached, or let in to, is waited for as well.
ExitCode run_wait(const WaitOptions& options, const Streams& streams, const std::stop_token& stop);

}  // namespace lockkeeper::app
