#include "engine/statement_runner.hpp"

#include "engine/index_remains.hpp"

#include <algorithm>

namespace lockkeeper::engine {
namespace {

using migration::FailureKind;
using migration::StatementKind;

constexpr std::string_view active_transaction = "25001";   // "… cannot run inside a transaction block"
constexpr std::string_view invalid_termination = "2D000";  // a procedure that commits

/// The script's own role and search path stay with the session for its next statement, and are not those of the
/// journal. As many statements as in a transactional script's closing, for locate_failure.
constexpr std::string_view into_our_own_role =
    "SET LOCAL SESSION AUTHORIZATION DEFAULT;SET LOCAL ROLE NONE;SET LOCAL search_path=pg_catalog;";

/// lock_timeout would cut a concurrent build's own waits as well, and leave an INVALID index.
constexpr std::string_view without_lock_timeout =
    "SELECT pg_catalog.set_config('lockkeeper.lock_timeout', pg_catalog.current_setting('lock_timeout'), false);"
    "SET lock_timeout=0";
constexpr std::string_view with_lock_timeout =
    ";SELECT pg_catalog.set_config('lock_timeout', pg_catalog.current_setting('lockkeeper.lock_timeout'), false)";

}  // namespace

StatementRunner::StatementRunner(postgres::Connection& connection, const ScriptRunner::Context& context,
                                 const migration::Step& step)
    : connection_(connection),
      context_(context),
      step_(step),
      journal_(context.history, context.key, step, context.source_digest) {}

void StatementRunner::run() {
    prepare_session();
    try {
        run_all();
    } catch (const ScriptFailed&) {
        connection_.query(reset_session(connection_));  // its role may not even read the history
        throw;
    }
    connection_.query(reset_session(connection_));
}

void StatementRunner::run_all() {
    journal(journal_.open_sql());
    if (step_.journal) resume();
    const auto done = step_.journal ? step_.journal->done + (step_.journal->in_doubt() ? 1 : 0) : 0;
    for (auto statement = done + 1; statement <= step_.text.statements.size(); ++statement) run_statement(statement);
    journal(journal_.close_sql());
}

void StatementRunner::prepare_session() {
    const bool large = step_.script.text.size() >= large_script_bytes;
    connection_.query(reset_session(connection_) +
                      joined(setting_statements(context_.settings, SettingScope::Session)) +
                      (large ? unhurried_session(connection_) : ""));
}

/// Statements that set the session are run again, for those behind them count on it.
void StatementRunner::resume() {
    const auto& earlier = *step_.journal;
    for (std::size_t statement = 1; statement <= earlier.done; ++statement) {
        if (step_.text.statements[statement - 1].kind == StatementKind::Session) connection_.query(sql_of(statement));
    }
    if (earlier.in_doubt()) settle(earlier.begun);
}

void StatementRunner::settle(std::size_t statement) {
    switch (effect_of(connection_, migration::classify_statement(sql_of(statement)))) {
        case Effect::Done:
            return journal(journal_.done_sql(statement));
        case Effect::NotDone:
            return run_statement(statement);
        case Effect::Unknown:
            fail(statement, FailureKind::StatementInDoubt,
                 "an earlier run ended while this statement ran, and the database cannot tell whether it has taken "
                 "effect; look, and say so with 'lockkeeper migrate repair'");
    }
}

void StatementRunner::run_statement(std::size_t statement) {
    if (context_.at_statement) context_.at_statement(statement);
    const auto kind = step_.text.statements[statement - 1].kind;
    if (needs_no_transaction(kind) || !run_in_transaction(statement)) run_alone(statement);
}

/// False, and nothing of it remains, if the server says that it cannot run in a transaction.
bool StatementRunner::run_in_transaction(std::size_t statement) {
    const auto& [begin, end, kind] = step_.text.statements[statement - 1];
    const std::string opening = "BEGIN;";
    MessageLayout layout{opening.size(), 1, begin, end};
    const auto data = std::ranges::find_if(step_.text.segments, [&, end = end](const auto& segment) {
        return segment.has_copy_data && segment.sql_begin < end && end <= segment.sql_end;
    });
    auto message = opening + sql_of(statement);
    try {
        if (data != step_.text.segments.end()) {
            const auto rows = std::string_view(step_.script.text);
            connection_.copy_in(message, rows.substr(data->data_begin, data->data_end - data->data_begin));
            message.clear();
            layout = {0, 0, end, end};
        }
        message += "\n;SET CONSTRAINTS ALL IMMEDIATE;" + std::string(into_our_own_role) + journal_.done_sql(statement) +
                   ";COMMIT";
        connection_.query(message);
        return true;
    } catch (const postgres::CommandError& error) {
        connection_.query("ROLLBACK");
        if (error.sqlstate() == active_transaction || error.sqlstate() == invalid_termination) return false;
        fail(statement, error, layout);
    }
}

void StatementRunner::run_alone(std::size_t statement) {
    const auto shape = migration::classify_statement(sql_of(statement));
    journal(journal_.begin_sql(statement));
    connection_.query(std::string(without_lock_timeout));
    clear_the_way(statement, shape);
    execute_alone(statement, shape);
    journal(journal_.done_sql(statement), std::string(with_lock_timeout));
}

void StatementRunner::execute_alone(std::size_t statement, const migration::StatementClass& shape) {
    const auto& [begin, end, kind] = step_.text.statements[statement - 1];
    try {
        connection_.query(sql_of(statement));
    } catch (const postgres::CommandError& error) {
        const auto left_behind = clean_up(shape);
        journal(journal_.undone_sql(statement), std::string(with_lock_timeout));
        fail(statement, error, {0, 0, begin, end}, left_behind);
    }
    if (kind == StatementKind::CreateIndexConcurrently && effect_of(connection_, shape) == Effect::NotDone) {
        fail(statement, FailureKind::ScriptFailed, "the index " + shape.object + " is not valid after it was built");
    }
}

void StatementRunner::clear_the_way(std::size_t statement, const migration::StatementClass& shape) {
    try {
        drop_index_remains(connection_, shape);
    } catch (const IndexBeingBuilt& building) {
        fail(statement, FailureKind::TransactionConflict, building.what());
    } catch (const RemainsNotDropped& left) {
        fail(statement, migration::classify_sqlstate(left.sqlstate()), left.what());
    }
}

/// After a failure, which is what is to be told: so one of the clean-up only goes with it. The next run tries again.
std::string StatementRunner::clean_up(const migration::StatementClass& shape) {
    try {
        drop_index_remains(connection_, shape);
    } catch (const IndexBeingBuilt&) {  // NOLINT(bugprone-empty-catch): whoever builds it ends it
    } catch (const RemainsNotDropped& left) {
        return std::string("; besides, ") + left.what();
    }
    return {};
}

void StatementRunner::journal(const std::string& sql, const std::string& beside) {
    try {
        // The script may have made its session read only.
        connection_.query("BEGIN READ WRITE;" + std::string(into_our_own_role) + sql + ";COMMIT" + beside);
    } catch (const postgres::CommandError& error) {
        connection_.query("ROLLBACK");
        migration::Failure failure;
        explain_history_row(failure, step_.direction, error);
        failure.version = step_.version.text();
        failure.file = step_.script.name;
        throw ScriptFailed(std::move(failure));
    }
}

std::string StatementRunner::sql_of(std::size_t statement) const {
    const auto& [begin, end, kind] = step_.text.statements[statement - 1];
    return sql_between(step_.script.text, step_.text, begin, end) +
           (step_.script.text.substr(end, 1) == ";" ? ";" : "");
}

void StatementRunner::fail(std::size_t statement, FailureKind kind, const std::string& message) const {
    throw ScriptFailed(failure_at(step_, step_.text.statements[statement - 1].begin, kind, message));
}

void StatementRunner::fail(std::size_t statement, const postgres::CommandError& error, MessageLayout layout,
                           const std::string& besides) const {
    auto failure = locate_failure(step_, layout, error);
    if (statement > 1) {
        failure.message +=
            " (the " + std::to_string(statement - 1) + " statements before it stay, and are not run again)";
    }
    failure.message += besides;
    throw ScriptFailed(std::move(failure));
}

}  // namespace lockkeeper::engine
