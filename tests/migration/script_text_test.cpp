#include "migration/script_text.hpp"

#include "migration/script_set.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::migration;

namespace {

std::vector<std::string> statements_of(const std::string& sql) {
    const SourceFile file{"0001_x.up.sql", sql};
    std::vector<std::string> texts;
    for (const auto& statement : read_script_text(file).statements) {
        texts.push_back(sql.substr(statement.begin, statement.end - statement.begin));
    }
    return texts;
}

InvalidSource refusal_of(const std::string& sql) {
    try {
        read_script_text({"0001_x.up.sql", sql});
    } catch (const InvalidSource& error) {
        return error;
    }
    return {"", "accepted"};
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("statements end at semicolons, and empty ones do not count") {
    CHECK(statements_of("SELECT 1; ;; SELECT 2") == Texts{"SELECT 1", "SELECT 2"});
    CHECK(statements_of(" -- nothing\n;/* at all */").empty());
}

TEST_CASE("a semicolon in parentheses does not end a statement") {
    CHECK(statements_of("CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2); SELECT 3") ==
          Texts{"CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)", "SELECT 3"});
}

TEST_CASE("the body of a function in standard SQL is one statement") {
    const std::string function =
        "CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 2 END; "
        "SELECT 3; "
        "END";
    CHECK(statements_of(function + "; SELECT 4") == Texts{function, "SELECT 4"});
    CHECK(statements_of("CREATE PROCEDURE p() BEGIN ATOMIC SELECT 1; END; SELECT 2").size() == 2);
}

TEST_CASE("transaction control is refused with its place") {
    for (const std::string sql : {"BEGIN", "begin work", "START TRANSACTION", "COMMIT", "END", "ROLLBACK", "ABORT",
                                  "PREPARE TRANSACTION 'x'", "COMMIT PREPARED 'x'", "ROLLBACK AND CHAIN"}) {
        INFO(sql);
        const auto refusal = refusal_of("SELECT 1;\n  " + sql + ";");
        CHECK(refusal.line() == 2);
        CHECK(refusal.column() == 3);
        CHECK_THAT(refusal.what(), Catch::Contains("controls the transaction"));
    }
}

TEST_CASE("savepoints stay inside the transaction and are allowed") {
    for (const std::string sql : {"SAVEPOINT a", "RELEASE a", "ROLLBACK TO a", "ROLLBACK WORK TO SAVEPOINT a",
                                  "ROLLBACK TRANSACTION TO a", "START_it", "PREPARE q AS SELECT 1"}) {
        INFO(sql);
        CHECK(std::string(refusal_of(sql + ";").what()) == "accepted");
    }
}

TEST_CASE("bytes that PostgreSQL cannot take are refused with their place") {
    CHECK_THAT(refusal_of(std::string("SELECT 1;\nSEL\0ECT", 17)).what(), Catch::Contains("NUL byte"));
    const auto refusal = refusal_of("SELECT 'ä';\nSELECT 'ä\xE4';");
    CHECK_THAT(refusal.what(), Catch::Contains("not UTF-8"));
    CHECK(refusal.line() == 2);
    CHECK(refusal.column() == 10);
    CHECK_THAT(refusal_of("SELECT '\xED\xA0\x80'").what(), Catch::Contains("not UTF-8"));
    CHECK_THAT(refusal_of("SELECT '\xC0\x80'").what(), Catch::Contains("not UTF-8"));
}

TEST_CASE("an unclosed quote is refused where it opens, in characters") {
    const auto refusal = refusal_of("SELECT 'ää', 'b;\n");
    CHECK(refusal.line() == 1);
    CHECK(refusal.column() == 14);
    CHECK_THAT(refusal.what(), Catch::Contains("never closed"));
}

TEST_CASE("psql's commands are refused, but for the two that pg_dump writes") {
    const auto refusal = refusal_of("SELECT 1;\n\\connect shop\n");
    CHECK(refusal.line() == 2);
    CHECK_THAT(refusal.what(), Catch::Contains("'\\connect' is a command of psql"));
    CHECK(statements_of("\\restrict abc\nSELECT 1;\n\\unrestrict abc\n") == Texts{"SELECT 1"});
}

TEST_CASE("inline rows of COPY are taken out, and what follows is SQL again") {
    const std::string sql = "CREATE TABLE t (a text);\nCOPY public.t (a) FROM stdin;\nit's;\n\\N\n\\.\nSELECT 1;\n";
    const auto text = read_script_text({"x", sql});
    CHECK(text.statements.size() == 3);
    REQUIRE(text.segments.size() == 2);
    const auto& copy = text.segments[0];
    CHECK(sql.substr(copy.data_begin, copy.data_end - copy.data_begin) == "it's;\n\\N\n");
    CHECK(sql.substr(text.segments[1].sql_begin) == "SELECT 1;\n");
}

TEST_CASE("COPY rows without an end or without a beginning are refused") {
    CHECK_THAT(refusal_of("COPY t FROM stdin;\na\nb\n").what(), Catch::Contains("never end"));
    CHECK_THAT(refusal_of("COPY t FROM stdin;").what(), Catch::Contains("has no data"));
    CHECK_THAT(refusal_of("COPY t FROM stdin").what(), Catch::Contains("has no data"));
    CHECK_THAT(refusal_of("COPY t FROM stdin; SELECT 1;\na\n\\.\n").what(), Catch::Contains("next line"));
}

TEST_CASE("COPY from a file of the server, or of a column named stdin, reads no inline rows") {
    CHECK(statements_of("COPY t FROM '/x';\nSELECT 1;").size() == 2);
    CHECK(statements_of("COPY t (stdin) FROM '/x';\nSELECT 1;").size() == 2);
    CHECK(statements_of("SELECT stdin FROM stdin;\nSELECT 1;").size() == 2);
}

TEST_CASE("a position counts lines and characters from one") {
    CHECK(position_at("ab\ncd", 4).line == 2);
    CHECK(position_at("ab\ncd", 4).column == 2);
    CHECK(position_at("äb", 2).column == 2);
    CHECK(position_at("ab", 99).column == 3);
    CHECK(line_at("ab\r\ncd\n", 1) == "ab");
    CHECK(byte_offset_of("äb", 1) == 2);
}
