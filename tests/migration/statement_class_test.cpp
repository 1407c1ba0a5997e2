#include "migration/statement_class.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace lockkeeper::migration;

namespace {

std::string names_of(std::string_view sql) {
    const auto [kind, object, table, schema] = classify_statement(sql);
    return object + " on " + table + (schema.empty() ? "" : " in " + schema);
}

StatementKind kind_of(std::string_view sql) {
    return classify_statement(sql).kind;
}

}  // namespace

TEST_CASE("statements that the server refuses inside a transaction are known by their first words") {
    for (const auto* sql : {"CREATE INDEX CONCURRENTLY i ON t (a)",
                            "create /* x */ unique index -- y\n concurrently on t (a)",
                            "DROP INDEX CONCURRENTLY IF EXISTS i",
                            "REINDEX INDEX CONCURRENTLY i",
                            "REINDEX (VERBOSE, CONCURRENTLY) TABLE t",
                            "REINDEX DATABASE d",
                            "REINDEX (VERBOSE) SCHEMA s",
                            "REINDEX SYSTEM",
                            "VACUUM",
                            "VACUUM (ANALYZE) t",
                            "CLUSTER",
                            "CLUSTER (VERBOSE)",
                            "CREATE DATABASE d",
                            "DROP DATABASE IF EXISTS d",
                            "CREATE TABLESPACE s LOCATION '/s'",
                            "DROP TABLESPACE s",
                            "ALTER SYSTEM SET work_mem = '1MB'",
                            "ALTER DATABASE d SET TABLESPACE s",
                            "ALTER TABLE ONLY shop.t DETACH PARTITION p CONCURRENTLY",
                            "ALTER TABLE t DETACH PARTITION p FINALIZE"}) {
        INFO(sql);
        CHECK(needs_no_transaction(kind_of(sql)));
    }
}

TEST_CASE("statements that look like those but can share a transaction are left alone") {
    for (const auto* sql :
         {"CREATE INDEX i ON t (a)", "CREATE INDEX ON concurrently (a)", "CREATE TABLE database (a int)",
          "DROP INDEX i", "REINDEX TABLE t", "REINDEX (VERBOSE) INDEX i", "CLUSTER t USING i",
          "ALTER DATABASE d SET work_mem = '1MB'", "ALTER TABLE t DETACH PARTITION p",
          "SELECT 'CREATE INDEX CONCURRENTLY'", "SET LOCAL lock_timeout = 1", "SET CONSTRAINTS ALL DEFERRED",
          "ANALYZE t", "INSERT INTO t VALUES (1)", ""}) {
        INFO(sql);
        CHECK(kind_of(sql) == StatementKind::Ordinary);
    }
    CHECK(kind_of("SET search_path = shop") == StatementKind::Session);
    CHECK(kind_of("RESET ROLE") == StatementKind::Session);
}

TEST_CASE("an index and its table are named as they are written") {
    CHECK(names_of(
              "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"Order idx\" ON ONLY shop.\"Orders\" USING btree (a)") ==
          "\"Order idx\" on shop.\"Orders\"");
    CHECK(names_of("CREATE INDEX CONCURRENTLY ON t (a)") == " on t");
    CHECK(names_of("DROP INDEX CONCURRENTLY shop . i") == "shop . i on ");
    CHECK(names_of("REINDEX INDEX CONCURRENTLY shop.\"Order idx\"") == "shop.\"Order idx\" on ");
    CHECK(names_of("REINDEX (VERBOSE, CONCURRENTLY) TABLE shop.t") == " on shop.t");
    CHECK(names_of("reindex (tablespace fast) schema concurrently shop") == " on  in shop");
    CHECK(names_of("REINDEX DATABASE CONCURRENTLY d") == " on ");
    CHECK(names_of("ALTER TABLE shop.t DETACH PARTITION shop.p CONCURRENTLY") == "shop.p on shop.t");
}
