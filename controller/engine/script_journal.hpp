#pragma once

#include "engine/history_table.hpp"
#include "migration/plan.hpp"

#include <cstddef>
#include <string>

namespace lockkeeper::engine {

/// The SQL that keeps the history row of a script which runs statement by statement: how far it has come
/// (migration::Journal). Every piece is one statement that raises 22012, or 23502, if this session no longer holds the
/// lock or the row is not what it should be, so that what it shares a transaction with cannot commit.
class ScriptJournal {
  public:
    ScriptJournal(const HistoryTable& history, LockKey key, const migration::Step& step, std::string source_digest);

    /// Before the first statement, and again when a script is resumed.
    std::string open_sql();
    /// Before a statement that cannot share a transaction with its journal entry. Statements are numbered from 1.
    std::string begin_sql(std::size_t statement);
    /// A statement has taken effect; those before it have been told of already.
    std::string done_sql(std::size_t statement);
    /// A statement that had begun has not taken effect.
    std::string undone_sql(std::size_t statement);
    /// Behind the last statement: the script is applied, or it is rolled back and the row goes.
    std::string close_sql() const;

  private:
    std::string update(const std::string& assignments) const;
    const migration::Checksum& prefix(std::size_t statements);

    const HistoryTable& history_;
    LockKey key_;
    const migration::Step& step_;
    std::string source_digest_;
    std::size_t prefix_statements_ = 0;
    migration::Checksum prefix_;
};

}  // namespace lockkeeper::engine
