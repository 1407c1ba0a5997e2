#pragma once

#include "migration/statement_class.hpp"
#include "postgres/connection.hpp"

namespace lockkeeper::engine {

/// Has a statement taken effect that ran outside of a transaction and whose outcome nobody saw?
enum class Effect { Done, NotDone, Unknown };

/// Asks the catalogue. Names are resolved by the session's search path, as the statement's own were. A partition whose
/// detaching was left pending is finalized.
Effect effect_of(postgres::Connection& connection, const migration::StatementClass& statement);

/// Another session builds this very index at the moment; it is not ours to drop.
class IndexBeingBuilt : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Drops, concurrently, what an earlier `CREATE INDEX CONCURRENTLY` of this name left behind as INVALID: it costs every
/// write and serves no read, and IF NOT EXISTS would take it for the index. Throws IndexBeingBuilt.
void drop_invalid_index(postgres::Connection& connection, const migration::StatementClass& create_index);

}  // namespace lockkeeper::engine
