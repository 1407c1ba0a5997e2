#pragma once

#include "migration/failure.hpp"
#include "migration/plan.hpp"
#include "postgres/error.hpp"

#include <cstddef>

namespace lockkeeper::engine {

/// Behind what is the script's come SET CONSTRAINTS, then session authorization, role and search_path of our own, then
/// the history row, then the session's reset, then COMMIT.
constexpr std::size_t history_row_in_closing = 4;  // SET CONSTRAINTS only where the transaction ends

/// Where a message to the server came from: characters of ours (and so many statements), then bytes
/// [script_begin, script_end) of the script, then statements of ours.
struct MessageLayout {
    std::size_t opening_characters = 0;
    std::size_t opening_statements = 0;
    std::size_t script_begin = 0;
    std::size_t script_end = 0;
    std::size_t before_history_row = history_row_in_closing;  ///< statements between the script and its row
};

/// Turns the server's refusal of a message into a failure that points into the script: file, line, column, statement.
migration::Failure locate_failure(const migration::Step& step, const MessageLayout& layout,
                                  const postgres::CommandError& error);

/// A failure of our own telling that points at a byte of the script.
migration::Failure failure_at(const migration::Step& step, std::size_t offset, migration::FailureKind kind,
                              const std::string& message);

/// Fills in what it means that the server refused to change the history row: the lock is lost, another was faster, or
/// the table cannot be written.
void explain_history_row(migration::Failure& failure, migration::Direction direction,
                         const postgres::CommandError& error);

}  // namespace lockkeeper::engine
