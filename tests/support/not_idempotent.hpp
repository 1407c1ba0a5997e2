#pragma once

#include "support/temporary_database.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace lockkeeper::tests {

/// Scripts that show when one of them runs twice: it fails, or leaves a second row in the table `ran`. Each takes so
/// long, in seconds, as PostgreSQL reads it.
nlohmann::json not_idempotent(int count, const std::string& seconds);

/// The table `ran`, which they need.
void create_ran_table(const TemporaryDatabase& database);

/// How many rows they have left, and how many different ones: `20/20`.
std::string ran(const TemporaryDatabase& database);

}  // namespace lockkeeper::tests
