#include "engine/script_failure.hpp"

#include <algorithm>

namespace lockkeeper::engine {
namespace {

using migration::Failure;
using migration::FailureKind;
using migration::Statement;
using migration::Step;

std::size_t statements_before(const Step& step, std::size_t offset) {
    const auto& statements = step.text.statements;
    const auto first_behind = std::ranges::lower_bound(statements, offset, {}, &Statement::begin);
    return static_cast<std::size_t>(first_behind - statements.begin());
}

/// The byte of the script that the server's position means, if it lies in the script. A statement that ends too early
/// is reported at the semicolon that we wrote behind the script.
std::optional<std::size_t> offset_of(const Step& step, const MessageLayout& layout, std::size_t position) {
    if (layout.script_begin >= layout.script_end || position < layout.opening_characters) return std::nullopt;
    const auto sql =
        std::string_view(step.script.text).substr(layout.script_begin, layout.script_end - layout.script_begin);
    const auto character = position - layout.opening_characters;
    if (character > migration::count_characters(sql) + 1) return std::nullopt;
    const auto last = step.text.statements.empty() ? sql.size() : step.text.statements.back().end;
    return std::min(layout.script_begin + migration::byte_offset_of(sql, character), last);
}

void point_at(Failure& failure, const Step& step, std::size_t offset) {
    const auto position = migration::position_at(step.script.text, offset);
    failure.line = position.line;
    failure.column = position.column;
    failure.statement = std::max<std::size_t>(statements_before(step, offset + 1), 1);
    failure.excerpt = std::string(migration::line_at(step.script.text, offset));
}

}  // namespace

Failure locate_failure(const Step& step, const MessageLayout& layout, const postgres::CommandError& error) {
    const auto& fields = error.fields();
    Failure failure;
    failure.kind = migration::classify_sqlstate(fields.sqlstate);
    failure.message = fields.message;
    failure.hint = fields.hint;
    failure.sqlstate = fields.sqlstate;
    failure.version = step.version.text();
    failure.file = step.script.name;

    const auto& statements = step.text.statements;
    std::optional<std::size_t> offset;
    if (fields.position) offset = offset_of(step, layout, *fields.position);
    if (!offset) {
        const auto done = fields.completed - std::min(fields.completed, layout.opening_statements);
        const auto index = statements_before(step, layout.script_begin) + done;
        const auto behind = statements_before(step, layout.script_end);
        if (index == behind + layout.before_history_row) {
            explain_history_row(failure, step.direction, error);
            return failure;
        }
        if (index >= behind) {
            failure.message = "at the end of the script's transaction: " + failure.message;
            return failure;
        }
        offset = statements[index].begin;
    }
    point_at(failure, step, *offset);
    return failure;
}

Failure failure_at(const Step& step, std::size_t offset, FailureKind kind, const std::string& message) {
    Failure failure;
    failure.kind = kind;
    failure.message = message;
    failure.version = step.version.text();
    failure.file = step.script.name;
    point_at(failure, step, offset);
    return failure;
}

void explain_history_row(Failure& failure, migration::Direction direction, const postgres::CommandError& error) {
    failure.sqlstate = error.sqlstate();
    failure.kind = migration::classify_sqlstate(failure.sqlstate);
    if (failure.sqlstate == "23502" || failure.sqlstate == "22012") {
        failure.kind = FailureKind::LockLost;
        failure.message =
            "the script released the advisory lock that guards it (by pg_advisory_unlock_all or DISCARD ALL?), so it "
            "was rolled back; take that statement out";
    } else if (failure.sqlstate == "23505" && direction == migration::Direction::Up) {
        failure.kind = FailureKind::TransactionConflict;
        failure.message = "another runner recorded the script in the meantime";
    } else {
        failure.message = "the history row could not be written: " + error.fields().message;
    }
}

}  // namespace lockkeeper::engine
