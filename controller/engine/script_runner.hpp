#pragma once

#include "engine/history_table.hpp"
#include "engine/script_failure.hpp"
#include "engine/session_settings.hpp"
#include "migration/failure.hpp"
#include "migration/plan.hpp"
#include "postgres/connection.hpp"

#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

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
        std::function<void(std::size_t)> at_statement{};  ///< of a script that is no transaction; may be empty
    };

    ScriptRunner(postgres::Connection& connection, Context context)
        : connection_(connection),
          context_(std::move(context)),
          settings_(setting_statements(context_.settings, SettingScope::Transaction)),
          reset_(reset_statements(connection)) {}

    /// Returns when the script and its row are committed. Throws ScriptFailed; ConnectionLost and Interrupted leave it
    /// open whether it was committed, which the history tells the next holder of the lock.
    void run(const migration::Step& step);

    /// The same for scripts that are one transaction together: all of them and their rows are committed, or none. All
    /// must be transactional. `each` is called before each one.
    void run_together(const std::vector<migration::Step>& steps,
                      const std::function<void(const migration::Step&)>& each);

    /// The same as `run` for each of these in turn, on the server's side, but all are under way at once (flight_size
    /// says which may be). `committed` is called for each one as soon as the server has it done. False: the next one
    /// was rolled back and has to be run alone, for what the server said of it may hold for a flight only.
    bool run_in_flight(std::span<const migration::Step> steps,
                       const std::function<void(const migration::Step&)>& committed);

  private:
    /// Where a script's message stands in its transaction.
    struct Place {
        bool begins = true;
        bool ends = true;
    };

    void run_in_transaction(const migration::Step& step, Place place);
    std::vector<std::string> closing(const migration::Step& step, Place place) const;
    [[noreturn]] void fail(const migration::Step& step, const MessageLayout& layout,
                           const postgres::CommandError& error);
    [[noreturn]] void fail_uncommitted(const migration::Step& step, const std::string& last_tag);

    postgres::Connection& connection_;
    Context context_;
    std::vector<std::string> settings_;  ///< of each script's transaction
    std::vector<std::string> reset_;
};

}  // namespace lockkeeper::engine
