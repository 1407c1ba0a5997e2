#pragma once

#include "support/cutting_proxy.hpp"
#include "support/run.hpp"
#include "support/temporary_database.hpp"

#include <chrono>
#include <cstddef>
#include <future>
#include <optional>
#include <stop_token>
#include <string>

namespace lockkeeper::tests {

/// How much a test does: hack/soak sets LOCKKEEPER_SOAK, and then nothing is left out.
std::size_t ci_or_soak(std::size_t ci, std::size_t soak);

/// 20 scripts that leave a trace each time that they run, every fifth of them without a transaction, and four with COPY
/// and its rows, one of them without a transaction.
const Files& twenty_scripts();

/// Empties the schema public, history included.
void start_anew(const TemporaryDatabase& database);

/// All that the twenty scripts are to bring about, and all that the history says of it, but for times.
std::string state_of(const TemporaryDatabase& database);

/// One attempt of the engine at the twenty scripts, or at others, with so many in flight at most. It waits 5 s for the
/// lock, and as long for a connection, or longer with a sanitizer.
migration::RunReport run_once(const std::string& url, const std::stop_token& stop = {},
                              const Files& scripts = twenty_scripts(),
                              std::optional<std::size_t> scripts_in_flight = {});

/// Starts anew, runs the twenty scripts in peace, and returns the state that they end in.
std::string undisturbed_state(const TemporaryDatabase& database);

/// Until the proxy has cut, or the run has ended without that.
void await_cut(const CuttingProxy& proxy, const std::future<migration::RunReport>& run);

bool lock_is_free_within(const TemporaryDatabase& database, std::chrono::seconds limit);

}  // namespace lockkeeper::tests
