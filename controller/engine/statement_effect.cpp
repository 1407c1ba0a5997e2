#include "engine/statement_effect.hpp"

#include "postgres/identifier.hpp"

namespace lockkeeper::engine {
namespace {

using migration::StatementClass;
using migration::StatementKind;
using postgres::quote_literal;

/// An index lives in the schema of its table, which need not be in the search path.
postgres::Result find_index(postgres::Connection& connection, const StatementClass& create_index) {
    return connection.query(
        "SELECT i.indisvalid FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE "
        "i.indrelid = " +
        regclass(create_index.table) + " AND c.relname = " + bare_name(create_index.object));
}

Effect when(bool done) {
    return done ? Effect::Done : Effect::NotDone;
}

Effect effect_of_build(postgres::Connection& connection, const StatementClass& statement) {
    if (statement.object.empty()) return Effect::Unknown;  // the server chose the name
    const auto found = find_index(connection, statement);
    return when(found.rows() == 1 && found.boolean(0, 0));
}

Effect effect_of_detaching(postgres::Connection& connection, const StatementClass& statement) {
    const auto found = connection.query("SELECT inhdetachpending FROM pg_catalog.pg_inherits WHERE inhrelid = " +
                                        regclass(statement.object) + " AND inhparent = " + regclass(statement.table));
    if (found.rows() == 0) return Effect::Done;
    if (!found.boolean(0, 0)) return Effect::NotDone;
    connection.query("ALTER TABLE " + statement.table + " DETACH PARTITION " + statement.object + " FINALIZE");
    return Effect::Done;
}

bool exists(postgres::Connection& connection, const std::string& query) {
    return connection.query("SELECT EXISTS (" + query + ")").boolean(0, 0);
}

}  // namespace

std::string regclass(const std::string& name) {
    return "pg_catalog.to_regclass(" + quote_literal(name) + ")";
}

std::string bare_name(const std::string& name) {
    const auto parts = "pg_catalog.parse_ident(" + quote_literal(name) + ")";
    return "(" + parts + ")[pg_catalog.cardinality(" + parts + ")]::pg_catalog.name";
}

Effect effect_of(postgres::Connection& connection, const StatementClass& statement) {
    const auto database = "SELECT FROM pg_catalog.pg_database WHERE datname = " + bare_name(statement.object);
    const auto tablespace = "SELECT FROM pg_catalog.pg_tablespace WHERE spcname = " + bare_name(statement.object);
    switch (statement.kind) {
        case StatementKind::CreateIndexConcurrently:
            return effect_of_build(connection, statement);
        case StatementKind::DropIndexConcurrently:
            return when(!connection.query("SELECT " + regclass(statement.object) + " IS NOT NULL").boolean(0, 0));
        case StatementKind::DetachPartitionConcurrently:
            return effect_of_detaching(connection, statement);
        case StatementKind::CreateDatabase:
            return when(exists(connection, database));
        case StatementKind::DropDatabase:
            return when(!exists(connection, database));
        case StatementKind::CreateTablespace:
            return when(exists(connection, tablespace));
        case StatementKind::DropTablespace:
            return when(!exists(connection, tablespace));
        case StatementKind::ReindexConcurrently:
        case StatementKind::Harmless:
            return Effect::NotDone;
        default:
            return Effect::Unknown;
    }
}

}  // namespace lockkeeper::engine
