#include "engine/statement_tag.hpp"

#include <catch2/catch.hpp>

using lockkeeper::engine::statement_tag;

TEST_CASE("of a statement its kind is shown") {
    CHECK(statement_tag("create unique index concurrently orders_by_day on orders (day)") ==
          "CREATE UNIQUE INDEX CONCURRENTLY");
    CHECK(statement_tag("  -- a comment\n/* one more */ ALTER TABLE orders ADD COLUMN x int") == "ALTER TABLE");
    CHECK(statement_tag("INSERT INTO users VALUES ('hunter2')") == "INSERT INTO");
    CHECK(statement_tag("BEGIN;SET LOCAL lock_timeout=5000;") == "BEGIN");
    CHECK(statement_tag("SELECT(1)") == "SELECT");
    CHECK(statement_tag("COMMIT") == "COMMIT");
}

TEST_CASE("neither names nor values of a statement are shown") {
    CHECK(statement_tag("CREATE ROLE r PASSWORD 'hunter2'") == "CREATE");
    CHECK(statement_tag("ALTER TABLE view_password") == "ALTER TABLE");
    CHECK(statement_tag("ALTER TABLE \"table\"") == "ALTER TABLE");
    CHECK(statement_tag("'hunter2'").empty());
    CHECK(statement_tag("SET_hunter2").empty());
    CHECK(statement_tag("<insufficient privilege>").empty());
    CHECK(statement_tag("-- SELECT 'hunter2'").empty());
    CHECK(statement_tag("/* SELECT 'hunter2'").empty());
    CHECK(statement_tag("").empty());
}
