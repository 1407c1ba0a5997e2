#pragma once

#include "engine/advisory_lock.hpp"
#include "migration/history.hpp"
#include "migration/plan.hpp"
#include "migration/repair.hpp"
#include "postgres/connection.hpp"
#include "postgres/identifier.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace lockkeeper::engine {

/// The history exists but cannot be used: no right to read it, or a table of another shape under its name.
class HistoryUnusable : public std::runtime_error {
  public:
    HistoryUnusable(const std::string& message, std::string sqlstate)
        : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}
    const std::string& sqlstate() const { return sqlstate_; }

  private:
    std::string sqlstate_;
};

/// The table that says which scripts a database has. Its name is always written with its schema: with another role or
/// search path an unqualified name would find an empty history, and everything would run again.
class HistoryTable {
  public:
    explicit HistoryTable(postgres::QualifiedName name) : name_(std::move(name)) {}

    const postgres::QualifiedName& name() const { return name_; }

    enum class DownScripts { Leave, Load };

    /// All rows, ordered by version; nothing if there is no such table. Throws HistoryUnusable. `afterwards`, SQL, is
    /// run behind it in the same message, and only if there is such a table.
    std::optional<migration::History> read(postgres::Connection& connection, DownScripts down_scripts,
                                           const std::string& afterwards = {}) const;

    /// Creates table and schema. Only for the holder of the lock: IF NOT EXISTS races in PostgreSQL.
    void create(postgres::Connection& connection) const;

    /// SQL that records an up step. It raises 23502 if this session no longer holds the lock, so that the transaction
    /// cannot commit, and 23505 if the script is recorded already; the row of a repeatable one is replaced.
    std::string record_sql(const migration::Step& step, const std::string& source_digest, const LockKey& key) const;

    /// SQL that records scripts as applied which were not run; `source` says where that is known from. It raises 23502
    /// if this session no longer holds the lock, and 23505 if one of them is recorded already.
    std::string record_sql(const std::vector<migration::Record>& records, const std::string& source,
                           const LockKey& key) const;

    /// SQL that takes a version out after its down step. It raises 22012 if this session no longer holds the lock or
    /// the version is not there.
    std::string erase_sql(const migration::Step& step, const LockKey& key) const;

    /// SQL that rewrites a row, or takes it out. It raises 22012 if this session no longer holds the lock or the row is
    /// not there.
    std::string change_sql(const migration::RowChange& change, const LockKey& key) const;

    /// A change of the table that raises 22012 unless it changes exactly one row, in a session that holds the lock.
    static std::string guarded_sql(const std::string& change, const LockKey& key);

  private:
    postgres::QualifiedName name_;
};

}  // namespace lockkeeper::engine
