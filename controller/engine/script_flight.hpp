#pragma once

#include "engine/script_failure.hpp"
#include "migration/plan.hpp"
#include "postgres/error.hpp"

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace lockkeeper::engine {

/// Scripts in flight: several are sent before the answer to the first one is there, so that a long link costs a round
/// trip a flight and not one a script. Each statement is a message of its own then (Connection::query_ahead), and the
/// server skips all that stands behind an error. Here is what decides, and what makes a failure in a flight look like
/// one of a script that is a message of its own.

/// How many scripts are worth to be under way at once, where a message has been answered within this time: one, unless
/// the link is longer than what a flight costs the server.
std::size_t flight_limit(std::chrono::steady_clock::duration shortest_exchange);

/// How many of these, from the first one on, may be under way together; at least one. Only small ones fly, that are one
/// transaction each, have no rows of a COPY, and do not change how the server reads what follows in their own text.
std::size_t flight_size(std::span<const migration::Step> steps, std::size_t limit);

/// A script's statements, each as a message.
std::vector<std::string> statements_of(const migration::Step& step);

/// Where a flying script would stand in one message behind so many statements of ours, and what the server would have
/// said of that message. `error` counts its statements from the first of ours.
MessageLayout layout_of(const migration::Step& step, std::size_t opening_statements);
postgres::CommandError as_of_one_message(const migration::Step& step, std::size_t opening_statements,
                                         const postgres::CommandError& error);

/// Is this what the server says otherwise, or not at all, of a script that is one message? There it splits the
/// statements itself, finds a syntax error before it runs the first of them, and knows no parameters.
bool may_differ_alone(const postgres::CommandError& error);

}  // namespace lockkeeper::engine
