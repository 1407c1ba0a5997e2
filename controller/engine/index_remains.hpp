#pragma once

#include "migration/statement_class.hpp"
#include "postgres/connection.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace lockkeeper::engine {

/// Another session builds this very index, or rebuilds its table's, at the moment; it is not ours to drop.
class IndexBeingBuilt : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// What was left behind could not be dropped. The message is the server's.
class RemainsNotDropped : public std::runtime_error {
  public:
    RemainsNotDropped(const std::string& message, std::string sqlstate)
        : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}
    const std::string& sqlstate() const { return sqlstate_; }

  private:
    std::string sqlstate_;
};

/// Drops, concurrently, the INVALID indexes that an earlier, interrupted run of this statement left behind, whoever ran
/// it: they cost every write and serve no read. Of `CREATE INDEX CONCURRENTLY` that is the index itself, which IF NOT
/// EXISTS would take for built; of `REINDEX … CONCURRENTLY` the half of a pair that PostgreSQL names `x_ccnew` until
/// the two are swapped and `x_ccold` from then on, also those of partitions and of TOAST tables. Of any other statement
/// nothing. Throws IndexBeingBuilt and RemainsNotDropped.
/// Source: ReindexRelationConcurrently in PostgreSQL's src/backend/commands/indexcmds.c.
void drop_index_remains(postgres::Connection& connection, const migration::StatementClass& statement);

}  // namespace lockkeeper::engine
