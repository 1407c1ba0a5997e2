#pragma once

#include <string>
#include <string_view>

namespace lockkeeper::migration {

/// What matters of a statement to whoever runs it outside of a transaction. All kinds behind Session cannot run inside
/// a transaction block. Source: the callers of PreventInTransactionBlock in PostgreSQL's src/backend/commands.
enum class StatementKind {
    Ordinary,  ///< also what this list does not know: the server has the last word
    Session,   ///< SET or RESET of the session, which a resumed script needs again
    CreateIndexConcurrently,
    DropIndexConcurrently,
    DetachPartitionConcurrently,
    ReindexConcurrently,
    CreateDatabase,
    DropDatabase,
    CreateTablespace,
    DropTablespace,
    Harmless,   ///< VACUUM, REINDEX, CLUSTER, ALTER SYSTEM: run twice it does what it does once
    Untellable  ///< whether it has taken effect cannot be asked: ALTER DATABASE … SET TABLESPACE
};

constexpr bool needs_no_transaction(StatementKind kind) {
    return kind > StatementKind::Session;
}

/// A statement's kind and the names that the catalogue is asked about, as they are written: `shop."Order idx"`.
struct StatementClass {
    StatementKind kind = StatementKind::Ordinary;
    std::string object;    ///< of the index, partition, database or tablespace; empty for an index without a name
    std::string table;     ///< of an index that is created, or of a partition, or whose indexes are rebuilt
    std::string schema{};  ///< whose indexes are rebuilt; a rebuild of neither index, table nor schema is of them all
};

/// Classifies one statement by its first words.
StatementClass classify_statement(std::string_view sql);

}  // namespace lockkeeper::migration
