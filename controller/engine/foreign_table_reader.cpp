#include "engine/foreign_table_reader.hpp"

#include "postgres/identifier.hpp"

namespace lockkeeper::engine {
namespace {

using migration::ForeignRow;
using migration::ForeignTable;
using migration::Tool;
using postgres::quote_identifier;
using postgres::quote_literal;

std::string where_named(const migration::Adopt& adopt) {
    if (adopt.table) {
        const auto name = postgres::QualifiedName::parse(*adopt.table);
        return "n.nspname = " + quote_literal(name.schema) + " AND c.relname = " + quote_literal(name.table);
    }
    std::string names;
    for (const auto& name : migration::default_tables(adopt.from)) {
        names += (names.empty() ? "" : ", ") + quote_literal(name);
    }
    return "c.relname IN (" + names + ") AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";
}

std::vector<ForeignTable> find_tables(postgres::Connection& connection, const migration::Adopt& adopt) {
    const auto columns = connection.query(
        "SELECT n.nspname, c.relname, a.attname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
        "c.relnamespace JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND " +
        where_named(adopt) + " ORDER BY n.nspname, c.relname, a.attnum");
    std::vector<ForeignTable> tables;
    for (std::size_t row = 0; row < columns.rows(); ++row) {
        const ForeignTable table{std::string(columns.text(row, 0)), std::string(columns.text(row, 1)), {}};
        if (tables.empty() || tables.back().text() != table.text()) tables.push_back(table);
        tables.back().columns.emplace_back(columns.text(row, 2));
    }
    return tables;
}

/// A time without a time zone is meant in the session's, as the tools' own `DEFAULT now()` wrote it.
std::string microseconds(const std::string& column) {
    return "(extract(epoch FROM " + column + "::pg_catalog.timestamptz) * 1000000)::pg_catalog.int8";
}

/// Rows of version, mark, name, checksum and time, each as text or NULL, in the order in which they were written.
std::string rows_sql(const ForeignTable& table, Tool tool) {
    const auto from = " FROM " + quote_identifier(table.schema) + "." + quote_identifier(table.table);
    switch (tool) {
        case Tool::GolangMigrate:
            return "SELECT version, CASE WHEN dirty THEN 'failed' ELSE 'upto' END, '', '', NULL" + from;
        case Tool::Goose:
            // Version 0 is the mark of the table's own creation.
            return "SELECT version_id, CASE WHEN is_applied THEN 'applied' ELSE 'undone' END, '', '', " +
                   microseconds("tstamp") + from + " WHERE version_id <> 0 ORDER BY id";
        case Tool::Tern:
            return "SELECT version, 'upto', '', '', NULL" + from + " WHERE version::text <> '0'";
        case Tool::Flyway:
            // SCHEMA says that Flyway made the schema, DELETE that a script which had left the source was struck off.
            return "SELECT coalesce(version, regexp_replace(script, '^.*/|[.]sql$', '', 'g')), CASE WHEN NOT success "
                   "THEN 'failed' WHEN type LIKE 'UNDO%' OR type = 'DELETE' THEN 'undone' WHEN type LIKE '%BASELINE' "
                   "THEN 'baseline' ELSE 'applied' END, replace(description, ' ', '_'), 'crc32:' || checksum, " +
                   microseconds("installed_on") + from + " WHERE type <> 'SCHEMA' ORDER BY installed_rank";
        case Tool::Atlas:
            // Bits of type: 1 a baseline, 2 executed, 4 resolved by hand. Names with a point are Atlas's own notes.
            return "SELECT version, CASE WHEN type & 1 = 1 THEN 'baseline' WHEN applied < total AND type & 4 = 0 THEN "
                   "'failed' ELSE 'applied' END, description, '', " +
                   microseconds("executed_at") + from + " WHERE version NOT LIKE '.%' ORDER BY executed_at, version";
        default: {
            const auto column = quote_identifier(table.version_column());
            return "SELECT " + column + ", 'applied', '', '', NULL" + from + " WHERE " + column +
                   " IS NOT NULL ORDER BY 1";
        }
    }
}

ForeignRow::Mark mark_of(std::string_view word) {
    if (word == "upto") return ForeignRow::Mark::UpTo;
    if (word == "baseline") return ForeignRow::Mark::Baseline;
    if (word == "undone") return ForeignRow::Mark::Undone;
    if (word == "failed") return ForeignRow::Mark::Failed;
    return ForeignRow::Mark::Applied;
}

std::vector<ForeignRow> read_rows(postgres::Connection& connection, const ForeignTable& table, Tool tool) {
    const auto result = connection.query(rows_sql(table, tool));
    std::vector<ForeignRow> rows;
    rows.reserve(result.rows());
    for (std::size_t row = 0; row < result.rows(); ++row) {
        rows.push_back({std::string(result.text(row, 0)),
                        mark_of(result.text(row, 1)),
                        std::string(result.text(row, 2)),
                        result.optional_text(row, 3).value_or(""),
                        {}});
        if (!result.is_null(row, 4)) {
            rows.back().applied_at =
                std::chrono::system_clock::time_point(std::chrono::microseconds(result.integer(row, 4)));
        }
    }
    return rows;
}

}  // namespace

migration::Foreign read_foreign_history(postgres::Connection& connection, const migration::Adopt& adopt) {
    const auto tables = find_tables(connection, adopt);
    auto choice = migration::choose_table(tables, adopt);
    if (choice.refusal) return {{}, std::move(choice.refusal)};
    if (choice.table == nullptr) return {};
    return {{{choice.tool, choice.table->text(), read_rows(connection, *choice.table, choice.tool)}}, {}};
}

}  // namespace lockkeeper::engine
