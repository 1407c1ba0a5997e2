#pragma once

#include "app/exit_code.hpp"
#include "app/options.hpp"

#include <iosfwd>
#include <stop_token>

namespace lockkeeper::app {

/// Where a command writes: results on `out`, progress and errors on `err`.
struct Streams {
    std::ostream& out;
    std::ostream& err;
    bool terminal = false;  ///< may `err` be overwritten with a carriage return?
};

/// `lockkeeper migrate up|down|status|plan|repair`: the engine from the command line. Transient failures are tried
/// again, with backoff, for options.retry_for.
ExitCode run_migrate(const MigrateOptions& options, const Streams& streams, const std::stop_token& stop);

}  // namespace lockkeeper::app
