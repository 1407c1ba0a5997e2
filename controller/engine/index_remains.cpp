#include "engine/index_remains.hpp"

#include "engine/statement_effect.hpp"
#include "postgres/error.hpp"
#include "postgres/identifier.hpp"

#include <string>
#include <vector>

namespace lockkeeper::engine {
namespace {

using migration::StatementClass;
using migration::StatementKind;
using postgres::quote_literal;

struct Remains {
    std::string index;    ///< quoted, with its schema
    std::string builder;  ///< the pid of a session that works on its table, or empty
};

/// Behind `FROM … WHERE NOT i.indisvalid AND`. A partitioned index is INVALID until each partition has its own, and so
/// nothing that is left behind.
std::vector<Remains> find_remains(postgres::Connection& connection, const std::string& condition) {
    // Who may see neither table nor index in the view of progress sees the pid, and all locks. A concurrent build holds
    // this one on its table from its beginning to its end.
    const auto rows = connection.query(
        "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), (SELECT max(p.pid) FROM "
        "pg_catalog.pg_stat_progress_create_index p JOIN pg_catalog.pg_locks l ON l.pid = p.pid WHERE l.locktype = "
        "'relation' AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted AND l.relation = i.indrelid AND l.database = "
        "(SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())) FROM "
        "pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON "
        "n.oid = c.relnamespace WHERE c.relkind = 'i' AND NOT i.indisvalid AND " +
        condition + " ORDER BY 1");
    std::vector<Remains> remains;
    remains.reserve(rows.rows());
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        remains.push_back({std::string(rows.text(row, 0)), rows.optional_text(row, 1).value_or("")});
    }
    return remains;
}

/// The tables of a condition, and their TOAST tables, whose indexes are rebuilt with them.
std::string with_toast(const std::string& tables) {
    return "(i.indrelid IN (" + tables +
           ") OR i.indrelid IN (SELECT reltoastrelid FROM pg_catalog.pg_class WHERE oid IN (" + tables + ")))";
}

std::string members_of(const std::string& relation) {
    return "SELECT " + relation + " UNION SELECT relid FROM pg_catalog.pg_partition_tree(" + relation + ")";
}

/// Names as PostgreSQL makes them, with a number where that was taken; a long one loses its end before the suffix.
std::string condition_of_reindex(const StatementClass& reindex) {
    // What belongs to another role is that one's to drop.
    const std::string suffixed =
        "c.relname ~ '_cc(new|old)[0-9]*$' AND pg_catalog.pg_has_role(c.relowner, 'USAGE') AND ";
    if (!reindex.object.empty()) {
        const std::string stem = "pg_catalog.regexp_replace(c.relname::text, '_cc(new|old)[0-9]*$', '')";
        return suffixed +
               "EXISTS (SELECT FROM pg_catalog.pg_index ti JOIN pg_catalog.pg_class t ON t.oid = "
               "ti.indexrelid WHERE ti.indexrelid IN (" +
               members_of(regclass(reindex.object)) + ") AND ti.indrelid = i.indrelid AND (t.relname::text = " + stem +
               " OR (pg_catalog.octet_length(c.relname::text) >= 60 AND pg_catalog.starts_with(t.relname::text, " +
               stem + "))))";
    }
    if (!reindex.table.empty()) return suffixed + with_toast(members_of(regclass(reindex.table)));
    const std::string tables = "SELECT oid FROM pg_catalog.pg_class WHERE relkind IN ('r', 'm')";
    if (reindex.schema.empty()) return suffixed + with_toast(tables);
    return suffixed +
           with_toast(tables + " AND relnamespace = pg_catalog.to_regnamespace(" + quote_literal(reindex.schema) + ")");
}

std::vector<Remains> remains_of(postgres::Connection& connection, const StatementClass& statement) {
    if (statement.kind == StatementKind::ReindexConcurrently) {
        return find_remains(connection, condition_of_reindex(statement));
    }
    if (statement.kind != StatementKind::CreateIndexConcurrently || statement.object.empty()) return {};
    return find_remains(
        connection, "i.indrelid = " + regclass(statement.table) + " AND c.relname = " + bare_name(statement.object));
}

}  // namespace

void drop_index_remains(postgres::Connection& connection, const StatementClass& statement) {
    for (const auto& [index, builder] : remains_of(connection, statement)) {
        if (!builder.empty()) {
            throw IndexBeingBuilt("the index " + index + " is being built by pid " + builder + " at the moment");
        }
        try {
            // Another may have been faster.
            connection.query("DROP INDEX CONCURRENTLY IF EXISTS " + index);
        } catch (const postgres::CommandError& error) {
            throw RemainsNotDropped(
                "the index " + index +
                    ", which an interrupted build left INVALID, could not be dropped: " + error.fields().message,
                error.sqlstate());
        }
    }
}

}  // namespace lockkeeper::engine
