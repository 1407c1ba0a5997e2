#pragma once

#include "migration/failure.hpp"
#include "migration/plan.hpp"
#include "postgres/error.hpp"

#include <cstddef>

namespace lockkeeper::engine {

/// Behind a script's last statement come SET CONSTRAINTS, RESET SESSION AUTHORIZATION, RESET ROLE, SET LOCAL
/// search_path, then the history row, then COMMIT.
constexpr std::size_t history_row_in_closing = 4;

/// Where a message to the server came from: `opening` bytes of ours (with that many statements), then a segment of the
/// script, then statements of ours.
struct MessageLayout {
    std::size_t opening_bytes = 0;  ///< ASCII, so also characters
    std::size_t opening_statements = 0;
    std::size_t segment = 0;
};

/// Turns the server's refusal of a message into a failure that points into the script: file, line, column, statement.
migration::Failure locate_failure(const migration::Step& step, const MessageLayout& layout,
                                  const postgres::CommandError& error);

}  // namespace lockkeeper::engine
