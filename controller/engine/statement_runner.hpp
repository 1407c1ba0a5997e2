#pragma once

#include "engine/script_journal.hpp"
#include "engine/script_runner.hpp"
#include "engine/statement_effect.hpp"

namespace lockkeeper::engine {

/// Runs one script that cannot be one transaction, on the session that holds the lock: statement by statement, each
/// committed together with its journal entry where it can be, else announced first and asked for afterwards. Whoever
/// runs the script again goes on behind the last statement that took effect.
class StatementRunner {
  public:
    StatementRunner(postgres::Connection& connection, const ScriptRunner::Context& context,
                    const migration::Step& step);

    /// Returns when the script has run to its end and its row says so. Throws ScriptFailed; ConnectionLost and
    /// Interrupted leave a statement in doubt, which the next run settles.
    void run();

  private:
    void prepare_session();
    void run_all();
    void resume();
    void settle(std::size_t statement);
    void run_statement(std::size_t statement);
    bool run_in_transaction(std::size_t statement);
    void run_alone(std::size_t statement);
    void execute_alone(std::size_t statement, const migration::StatementClass& shape);
    void clear_the_way(std::size_t statement, const migration::StatementClass& shape);
    std::string clean_up(const migration::StatementClass& shape);
    void journal(const std::string& sql, const std::string& beside = {});
    std::string sql_of(std::size_t statement) const;
    [[noreturn]] void fail(std::size_t statement, migration::FailureKind kind, const std::string& message) const;
    [[noreturn]] void fail(std::size_t statement, const postgres::CommandError& error, MessageLayout layout,
                           const std::string& besides = {}) const;

    postgres::Connection& connection_;
    const ScriptRunner::Context& context_;
    const migration::Step& step_;
    ScriptJournal journal_;
};

}  // namespace lockkeeper::engine
