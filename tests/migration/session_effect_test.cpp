#include "migration/session_effect.hpp"

#include <catch2/catch.hpp>

using lockkeeper::migration::leaves_session_alone;

TEST_CASE("plain data definition and manipulation leave the session alone") {
    for (const auto* sql :
         {"CREATE TABLE a (x int)", "alter table a add column y int", "-- a comment\n/* and one */ DROP INDEX i",
          "INSERT INTO a VALUES (1)", "Update a SET x = 2", "delete from a", "TRUNCATE a", "COPY a FROM stdin",
          "GRANT SELECT ON a TO b", "REVOKE ALL ON a FROM b", "COMMENT ON TABLE a IS 'a'", "VACUUM", "ANALYZE a",
          "REFRESH MATERIALIZED VIEW v", "REINDEX TABLE a", "CLUSTER", "LOCK TABLE a", "MERGE INTO a USING b ON true",
          "SECURITY LABEL ON TABLE a IS 'x'"}) {
        CAPTURE(sql);
        CHECK(leaves_session_alone(sql));
    }
}

TEST_CASE("whatever may reach the session does not leave it alone") {
    for (const auto* sql : {"SELECT set_config('app.tenant', 'a', false)",
                            "SET app.tenant = 'a'",
                            "RESET ALL",
                            "DO $$BEGIN PERFORM dblink_connect('a', 'b'); END$$",
                            "CALL p()",
                            "LOAD 'lib'",
                            "LISTEN a",
                            "PREPARE a AS SELECT 1",
                            "DECLARE a CURSOR FOR SELECT 1",
                            "EXECUTE a",
                            "BEGIN",
                            "WITH a AS (SELECT f()) INSERT INTO b SELECT * FROM a",
                            "EXPLAIN ANALYZE SELECT f()",
                            "VALUES (f())",
                            "(SELECT f())",
                            "\"create\"",
                            "created",
                            "a",
                            "",
                            "-- CREATE"}) {
        CAPTURE(sql);
        CHECK_FALSE(leaves_session_alone(sql));
    }
}
