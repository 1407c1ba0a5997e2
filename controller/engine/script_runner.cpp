#include "engine/script_runner.hpp"

#include "engine/script_flight.hpp"
#include "engine/statement_runner.hpp"

#include <algorithm>

namespace lockkeeper::engine {
namespace {

/// A standby, or a database or role that is to be read only.
bool is_read_only(postgres::Connection& connection) {
    return connection
        .query(
            "SELECT pg_catalog.pg_is_in_recovery() OR s.reset_val::pg_catalog.bool FROM pg_catalog.pg_settings s "
            "WHERE s.name='default_transaction_read_only'")
        .boolean(0, 0);
}

std::size_t count_statements(std::string_view sql) {
    return static_cast<std::size_t>(std::ranges::count(sql, ';'));
}

}  // namespace

using migration::Step;

std::vector<std::string> ScriptRunner::closing(const Step& step, Place place) const {
    // Deferred constraints and triggers run while the script's own role and search path still hold.
    // (The order is counted on by locate_failure.)
    std::vector<std::string> statements;
    if (place.ends) statements.emplace_back("SET CONSTRAINTS ALL IMMEDIATE");
    for (const auto* statement : {"RESET SESSION AUTHORIZATION", "RESET ROLE", "SET LOCAL search_path=pg_catalog"}) {
        statements.emplace_back(statement);
    }
    statements.push_back(step.direction == migration::Direction::Up
                             ? context_.history.record_sql(step, context_.source_digest, context_.key)
                             : context_.history.erase_sql(step, context_.key));
    // What the script leaves behind in the session, temporary tables and settings included, ends here and not at the
    // next BEGIN: the server parses a message, and chooses a transaction's isolation, before its first statement runs.
    statements.insert(statements.end(), reset_.begin(), reset_.end());
    if (place.ends) statements.emplace_back("COMMIT");
    return statements;
}

void ScriptRunner::run(const Step& step) {
    if (step.transactional) {
        run_in_transaction(step, {});
    } else {
        StatementRunner(connection_, context_, step).run();
    }
}

void ScriptRunner::run_together(const std::vector<Step>& steps, const std::function<void(const Step&)>& each) {
    for (const auto& step : steps) {
        each(step);
        run_in_transaction(step, {&step == &steps.front(), &step == &steps.back()});
    }
}

void ScriptRunner::run_in_transaction(const Step& step, Place place) {
    const bool large = step.script.text.size() >= large_script_bytes;
    const auto unhurried = large ? unhurried_session(connection_) : std::string();
    if (large) connection_.query(unhurried);
    const std::string before = std::string(place.begins ? "BEGIN;" : "") + (large ? unhurried + ";" : "");
    auto message = before + joined(settings_);
    MessageLayout layout{migration::count_characters(message), count_statements(before) + settings_.size(), 0,
                         step.script.text.size(), place.ends ? history_row_in_closing : history_row_in_closing - 1};
    std::string last_tag;
    try {
        for (const auto& segment : step.text.segments) {
            layout.script_begin = segment.sql_begin;
            layout.script_end = segment.sql_end;
            message += migration::sql_between(step.script.text, step.text, segment.sql_begin, segment.sql_end);
            if (!segment.has_copy_data) break;  // the last one; what follows goes with it
            const auto rows = std::string_view(step.script.text);
            connection_.copy_in(message, rows.substr(segment.data_begin, segment.data_end - segment.data_begin));
            message.clear();
            layout = {0, 0, step.script.text.size(), step.script.text.size(), layout.before_history_row};
        }
        // The line break ends a trailing -- comment, which would swallow the COMMIT and nobody would notice.
        message += "\n;" + joined(closing(step, place));
        connection_.query_each(message, [&](const postgres::Result& result) { last_tag = result.command_tag(); });
    } catch (const postgres::CommandError& error) {
        fail(step, layout, error);
    }
    if (place.ends && last_tag != "COMMIT") fail_uncommitted(step, last_tag);
}

bool ScriptRunner::run_in_flight(std::span<const Step> steps, const std::function<void(const Step&)>& committed) {
    auto opening = settings_;
    opening.insert(opening.begin(), "BEGIN");
    std::vector<postgres::Connection::Batch> batches;
    for (const auto& step : steps) {
        auto& batch = batches.emplace_back(opening);
        for (auto& statement : statements_of(step)) batch.push_back(std::move(statement));
        for (auto& statement : closing(step, {})) batch.push_back(std::move(statement));
    }
    auto next = steps.begin();
    std::optional<std::string> odd_tag;
    try {
        connection_.query_ahead(batches, [&](const postgres::Result& last) {
            if (!odd_tag && last.command_tag() != "COMMIT") odd_tag = last.command_tag();
            if (!odd_tag) committed(*next++);
        });
    } catch (const postgres::CommandError& error) {
        if (odd_tag) fail_uncommitted(*next, *odd_tag);
        if (!may_differ_alone(error))
            fail(*next, layout_of(*next, opening.size()), as_of_one_message(*next, opening.size(), error));
        connection_.query("ROLLBACK");
        return false;
    }
    if (odd_tag) fail_uncommitted(*next, *odd_tag);
    return true;
}

void ScriptRunner::fail(const Step& step, const MessageLayout& layout, const postgres::CommandError& error) {
    auto failure = locate_failure(step, layout, error);
    connection_.query("ROLLBACK");
    if (failure.kind == migration::FailureKind::DatabaseReadOnly && !is_read_only(connection_)) {
        failure.kind = migration::FailureKind::ScriptFailed;  // it asked for that itself
    }
    if (failure.sqlstate == "25001" && failure.statement > 0) {
        failure.hint = "put a line '-- lockkeeper:no-transaction' above the script's first statement";
    }
    throw ScriptFailed(std::move(failure));
}

void ScriptRunner::fail_uncommitted(const Step& step, const std::string& last_tag) {
    connection_.query("ROLLBACK");
    migration::Failure failure;
    failure.message = "the script's transaction did not end in COMMIT but in '" + last_tag + "'";
    failure.version = step.version.text();
    failure.file = step.script.name;
    throw ScriptFailed(std::move(failure));
}

}  // namespace lockkeeper::engine
