#include "engine/history_table.hpp"

#include <algorithm>
#include <sstream>

namespace lockkeeper::engine {
namespace {

using postgres::quote_identifier;
using postgres::quote_literal;

std::string nullable(const std::optional<std::string>& text) {
    return text ? quote_literal(*text) : "NULL";
}

/// Behind the INSERT of a repeatable script, which has a row from its run before.
constexpr std::string_view replacing =
    " ON CONFLICT (version) DO UPDATE SET name = EXCLUDED.name, checksum = EXCLUDED.checksum, transactional = "
    "EXCLUDED.transactional, statements = EXCLUDED.statements, statements_done = EXCLUDED.statements_done, applied_at "
    "= EXCLUDED.applied_at, duration = EXCLUDED.duration, applied_by = EXCLUDED.applied_by, source = EXCLUDED.source";

std::string applied_at(const migration::Record& record) {
    if (!record.applied_at) return "pg_catalog.now()";
    const auto since_epoch =
        std::chrono::duration_cast<std::chrono::microseconds>(record.applied_at->time_since_epoch());
    return "pg_catalog.to_timestamp(0) + " + std::to_string(since_epoch.count()) + " * interval '1 microsecond'";
}

/// Of most rows NULL, and so one column: each column of a row costs the server and libpq something.
constexpr std::string_view journal_column =
    "CASE WHEN prefix IS NOT NULL THEN pg_catalog.concat_ws(' ', direction, statements, statements_done, "
    "statement_begun, prefix) END";

std::optional<migration::Journal> read_journal(const postgres::Result& rows, std::size_t row) {
    const auto text = rows.optional_text(row, 7);
    if (!text) return std::nullopt;
    std::istringstream words(*text);
    std::string direction;
    migration::Journal journal;
    words >> direction >> journal.statements >> journal.done >> journal.begun >> journal.prefix;
    journal.direction = migration::parse_direction(direction);
    return journal;
}

/// Microseconds, or milliseconds, as a whole number. By float8, which holds each microsecond until the year 2106 and
/// takes the server less than EXTRACT's numeric.
std::string epoch_of(const std::string& column, const std::string& units_a_second) {
    return "(pg_catalog.date_part('epoch', " + column + ") OPERATOR(pg_catalog.*) " + units_a_second +
           ")::pg_catalog.int8";
}

migration::AppliedScript read_row(const postgres::Result& rows, std::size_t row) {
    return {migration::Version(std::string(rows.text(row, 0))),
            std::string(rows.text(row, 1)),
            std::string(rows.text(row, 2)),
            rows.optional_text(row, 3),
            rows.optional_text(row, 4),
            std::chrono::system_clock::time_point(std::chrono::microseconds(rows.integer(row, 5))),
            std::chrono::milliseconds(rows.integer(row, 6)),
            read_journal(rows, row)};
}

}  // namespace

std::optional<migration::History> HistoryTable::read(postgres::Connection& connection, DownScripts down_scripts,
                                                     const std::string& afterwards) const {
    const std::string down = down_scripts == DownScripts::Load ? "down_script" : "NULL::pg_catalog.text";
    try {
        std::optional<postgres::Result> first;
        connection.query_each("SELECT version, name, checksum, " + down + ", down_checksum, " +
                                  epoch_of("applied_at", "1000000") + ", " + epoch_of("duration", "1000") + ", " +
                                  std::string(journal_column) + " FROM " + name_.quoted() + ";" + afterwards,
                              [&](const postgres::Result& result) {
                                  if (!first) first = result;
                              });
        const auto& rows = first.value();
        migration::History history;
        history.reserve(rows.rows());
        for (std::size_t row = 0; row < rows.rows(); ++row) history.push_back(read_row(rows, row));
        if (!std::ranges::is_sorted(history, {}, &migration::AppliedScript::version)) {
            std::ranges::sort(history, {}, &migration::AppliedScript::version);
        }
        return history;
    } catch (const postgres::CommandError& error) {
        if (error.sqlstate() == "42P01") return std::nullopt;  // undefined_table
        if (error.sqlstate() == "42703" || error.sqlstate() == "42846" || error.sqlstate() == "42809") {
            throw HistoryUnusable("the table " + name_.text() + " is not a history of Lockkeeper; name another one",
                                  error.sqlstate());
        }
        if (error.sqlstate() == "42501") {
            throw HistoryUnusable("this role may not read the history table " + name_.text() +
                                      "; run as its owner, or GRANT SELECT, INSERT, UPDATE, DELETE on it",
                                  error.sqlstate());
        }
        throw;
    }
}

void HistoryTable::create(postgres::Connection& connection) const {
    const auto create_table =
        "CREATE TABLE IF NOT EXISTS " + name_.quoted() +
        " (version text PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, down_script text, "
        "down_checksum text, transactional boolean NOT NULL, statements integer NOT NULL, statements_done "
        "integer NOT NULL, applied_at timestamptz NOT NULL, duration interval NOT NULL, applied_by text NOT "
        "NULL, source text NOT NULL, direction text NOT NULL DEFAULT 'up', "
        "statement_begun integer NOT NULL DEFAULT 0, prefix text)";
    try {
        connection.query(create_table);
    } catch (const postgres::CommandError& error) {
        // Not CREATE SCHEMA IF NOT EXISTS at once: it needs the right to create one even where it exists.
        if (error.sqlstate() != "3F000") throw;  // invalid_schema_name
        connection.query("CREATE SCHEMA " + quote_identifier(name_.schema));
        connection.query(create_table);
    }
}

std::string HistoryTable::record_sql(const migration::Step& step, const std::string& source_digest,
                                     const LockKey& key) const {
    const auto statements = std::to_string(step.text.statements.size());
    std::string way_back_columns;
    std::string way_back;
    if (step.down_script) {
        way_back_columns = ", down_script, down_checksum";
        way_back = ", " + quote_literal(*step.down_script) + ", " + nullable(step.down_checksum);
    }
    return "INSERT INTO " + name_.quoted() +
           " (version, name, checksum, transactional, statements, statements_done, applied_at, duration, applied_by, "
           "source" +
           way_back_columns + ") VALUES (CASE WHEN " + AdvisoryLock::verify_sql(key) + " THEN " +
           quote_literal(step.version.text()) + " END, " + quote_literal(step.name) + ", " +
           quote_literal(step.checksum) + ", true, " + statements + ", " + statements +
           ", pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp() - pg_catalog.transaction_timestamp(), "
           "session_user, " +
           quote_literal(source_digest) + way_back + ")" + std::string(step.version.is_repeatable() ? replacing : "");
}

std::string HistoryTable::record_sql(const std::vector<migration::Record>& records, const std::string& source,
                                     const LockKey& key) const {
    std::string rows;
    for (const auto& record : records) {
        rows += (rows.empty() ? "(" : ",(") + quote_literal(record.version.text()) + "," + quote_literal(record.name) +
                "," + quote_literal(record.checksum) + "," + nullable(record.down_script) + "::text," +
                nullable(record.down_checksum) + "::text," + applied_at(record) + ")";
    }
    return "INSERT INTO " + name_.quoted() +
           " (version, name, checksum, down_script, down_checksum, transactional, statements, "
           "statements_done, applied_at, duration, applied_by, source) SELECT CASE WHEN " +
           AdvisoryLock::verify_sql(key) +
           " THEN version END, name, checksum, down_script, down_checksum, true, 0, 0, applied_at, '0', "
           "session_user, " +
           quote_literal(source) + " FROM (VALUES " + rows +
           ") AS known (version, name, checksum, down_script, down_checksum, applied_at)";
}

namespace {

std::string delete_sql(const postgres::QualifiedName& table, const migration::Version& version) {
    return "DELETE FROM " + table.quoted() + " WHERE version = " + quote_literal(version.text());
}

std::string journal_assignments(const std::optional<migration::Journal>& journal) {
    if (!journal) return "";
    return ", statements_done = " + std::to_string(journal->done) +
           ", statement_begun = " + std::to_string(journal->begun) + ", prefix = " + quote_literal(journal->prefix);
}

}  // namespace

std::string HistoryTable::guarded_sql(const std::string& change, const LockKey& key) {
    return "WITH changed AS (" + change + " RETURNING 1) SELECT 1 / (CASE WHEN " + AdvisoryLock::verify_sql(key) +
           " THEN pg_catalog.count(*) ELSE 0 END) FROM changed";
}

std::string HistoryTable::erase_sql(const migration::Step& step, const LockKey& key) const {
    return guarded_sql(delete_sql(name_, step.version), key);
}

std::string HistoryTable::change_sql(const migration::RowChange& change, const LockKey& key) const {
    if (!change.row) return guarded_sql(delete_sql(name_, change.version), key);
    const auto& row = *change.row;
    return guarded_sql("UPDATE " + name_.quoted() + " SET version = " + quote_literal(row.version.text()) +
                           ", name = " + quote_literal(row.name) + ", checksum = " + quote_literal(row.checksum) +
                           ", down_script = " + nullable(row.down_script) +
                           ", down_checksum = " + nullable(row.down_checksum) + journal_assignments(row.journal) +
                           " WHERE version = " + quote_literal(change.version.text()),
                       key);
}

}  // namespace lockkeeper::engine
