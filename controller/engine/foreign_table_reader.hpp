#pragma once

#include "migration/foreign_history.hpp"
#include "postgres/connection.hpp"

namespace lockkeeper::engine {

/// What a database holds of another tool's history; nothing where there is no such table, which is so in a new
/// database. Reads, and changes nothing. Throws what Connection throws.
migration::Foreign read_foreign_history(postgres::Connection& connection, const migration::Adopt& adopt);

}  // namespace lockkeeper::engine
