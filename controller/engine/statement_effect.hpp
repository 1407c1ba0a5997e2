#pragma once

#include "migration/statement_class.hpp"
#include "postgres/connection.hpp"

#include <string>

namespace lockkeeper::engine {

/// Has a statement taken effect that ran outside of a transaction and whose outcome nobody saw?
enum class Effect { Done, NotDone, Unknown };

/// Asks the catalogue. Names are resolved by the session's search path, as the statement's own were. A partition whose
/// detaching was left pending is finalized.
Effect effect_of(postgres::Connection& connection, const migration::StatementClass& statement);

/// SQL: a relation by its name as it stands in a statement, or NULL.
std::string regclass(const std::string& name);

/// SQL: the last part of a name as it stands in the catalogue: folded, without quotes, cut to 63 bytes.
std::string bare_name(const std::string& name);

}  // namespace lockkeeper::engine
