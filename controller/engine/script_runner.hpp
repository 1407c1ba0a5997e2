#pragma once

#include "engine/history_table.hpp"
#include "engine/script_failure.hpp"
#include "engine/session_settings.hpp"
#include "migration/failure.hpp"
#include "migration/plan.hpp"
#include "postgres/connection.hpp"

#include <stdexcept>
#include <string>

namespace lockkeeper::engine {

/// The server refused a script, and nothing of it remains.
class ScriptFailed : public std::runtime_error {
  public:
    explicit ScriptFailed(migration::Failure failure)
        : std::runtime_error(failure.message), failure_(std::move(failure)) {}
    const migration::Failure& failure() const { return failure_; }

  private:
    migration::Failure failure_;
};

/// Runs scripts on the session that holds the lock, each in one transaction together with its history row, and in one
/// message where it holds no COPY data: BEGIN, settings, the script, the row, a clean session, COMMIT. One that cannot
/// be a transaction is left to StatementRunner.
class ScriptRunner {
  public:
    struct Context {
        const HistoryTable& history;
        LockKey key;
        SessionSettings settings;
        std::string source_digest;
    };

    ScriptRunner(postgres::Connection& connection, Context context)
        : connection_(connection), context_(std::move(context)) {}

    /// Returns when the script and its row are committed. Throws ScriptFailed; ConnectionLost and Interrupted leave it
    /// open whether it was committed, which the history tells the next holder of the lock.
    void run(const migration::Step& step);

  private:
    void run_as_transaction(const migration::Step& step);
    std::string opening() const;
    std::string closing(const migration::Step& step) const;

    postgres::Connection& connection_;
    Context context_;
};

}  // namespace lockkeeper::engine
