#include "support/process.hpp"
#include "support/requirements.hpp"
#include "support/run.hpp"

#include <catch2/catch.hpp>

#include <utility>
#include <vector>

using namespace lockkeeper;
using tests::Files;
using tests::migrate;
using tests::outcome_of;
using tests::TemporaryDatabase;

namespace {

/// The file, place and message with which a script is refused.
std::string refusal_of(const TemporaryDatabase& database, const std::string& text) {
    const auto report = migrate(database, {{"1_a.sql", "CREATE TABLE a (x int);"}, {"2_b.sql", text}});
    if (!report.failure) return "done";
    const auto& failure = *report.failure;
    return failure.file + ":" + std::to_string(failure.line) + ":" + std::to_string(failure.column) + ": " +
           failure.message;
}

std::string outcome_in(const TemporaryDatabase& database, const std::string& text) {
    return outcome_of(migrate(database, {{"1_a.sql", text}}));
}

/// 15 for 15.20.
int server_version(const TemporaryDatabase& database) {
    return std::stoi(database.ask("SHOW server_version_num")) / 10'000;
}

/// What a script may do to a session, written down by the script behind it.
const std::string look =
    "CREATE TABLE IF NOT EXISTS seen (who text, session text, path text, lock_timeout text, temporary bigint, "
    "prepared bigint, cursors bigint, isolation text, user_setting text, timeouts text, held boolean);\n"
    "INSERT INTO seen SELECT current_user, session_user, current_setting('search_path'), "
    "current_setting('lock_timeout'), (SELECT count(*) FROM pg_class WHERE relpersistence = 't'), (SELECT count(*) "
    "FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors), current_setting('transaction_isolation'), "
    "coalesce(current_setting('shop.mode', true), ''), current_setting('statement_timeout') || "
    "current_setting('idle_in_transaction_session_timeout'), EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' "
    "AND "
    "pid = pg_backend_pid());\n";

}  // namespace

TEST_CASE("each hostile script is refused before anything runs, with its file, its place and what to do") {
    const TemporaryDatabase database;
    const std::vector<std::pair<std::string, std::string>> cases = {
        // NOLINTNEXTLINE(bugprone-string-literal-with-embedded-nul)
        {std::string("SELECT 1;\nSELECT '\0';", 21),
         "2_b.sql:2:9: a NUL byte cannot be part of SQL; save the file as UTF-8 text"},
        {"SELECT 'Gr\xFC\xDF"
         "e';",
         "2_b.sql:1:11: this byte is not UTF-8; save the file as UTF-8 text"},
        {"SELECT 1;\n\n  SELECT 'abc;\n", "2_b.sql:3:10: a 'quoted' string is never closed"},
        {"SELECT \"abc;\n", "2_b.sql:1:8: a \"quoted\" name is never closed"},
        {"SELECT E'a\\';\n", "2_b.sql:1:8: an E'quoted' string is never closed"},
        {"DO $do$ BEGIN NULL; END $$;", "2_b.sql:1:4: a $do$ string is never closed by $do$"},
        {"/* outer /* inner */ SELECT 1;", "2_b.sql:1:1: a /* comment is never closed by */"},
        {"BEGIN;\nSELECT 1;\nCOMMIT;",
         "2_b.sql:1:1: 'BEGIN' controls the transaction, but a script and its history row commit together; remove it "
         "(each script already is one transaction)"},
        {"SELECT 1;\n/* now */ COMMIT;\nSELECT 2;",
         "2_b.sql:2:11: 'COMMIT' controls the transaction, but a script and its history row commit together; remove it "
         "(each script already is one transaction)"},
        {"SELECT 1;\r\nROLLBACK;\r\n",
         "2_b.sql:2:1: 'ROLLBACK' controls the transaction, but a script and its history row commit together; remove "
         "it (each script already is one transaction)"},
        {"\\set ON_ERROR_STOP on\n",
         "2_b.sql:1:1: '\\set' is a command of psql, which a server does not know; write the SQL that it stands for"},
        {"COPY t FROM stdin;\n1\n",
         "2_b.sql:1:1: the rows of this COPY … FROM STDIN never end; write a line '\\.' behind the last one"},
        {"-- lockkeeper:no_transaction\nSELECT 1;",
         "2_b.sql:1:1: there is no directive 'lockkeeper:no_transaction'; there is lockkeeper:no-transaction"},
    };
    for (const auto& [text, refusal] : cases) CHECK(refusal_of(database, text) == refusal);
    CHECK(database.ask("SELECT to_regclass('a') IS NULL AND to_regclass('lockkeeper_history') IS NULL") == "t");
}

TEST_CASE("a byte order mark, line ends of Windows and nested comments are SQL like any other") {
    const TemporaryDatabase database;
    CHECK(outcome_in(database,
                     "\xEF\xBB\xBF-- head\r\nCREATE TABLE t (a text);\r\n/* a /* nested; ' */ comment; \" $$ */\r\n"
                     "COPY t FROM stdin;\r\none\r\n\\.\r\nINSERT INTO t VALUES ('two;');\r\n-- tail;") == "done");
    CHECK(database.ask("SELECT string_agg(a, '|' ORDER BY a) FROM t") == "one|two;");
    CHECK(database.ask("SELECT statements FROM lockkeeper_history") == "3");
}

TEST_CASE("a script is not stopped for syntax that is newer than the server, which has the last word") {
    struct Newer {
        int since;
        std::string text;
        std::string place;
    };
    const std::vector<Newer> cases = {
        {16, "CREATE TABLE s (a text STORAGE EXTERNAL);", "1:24 #1"},
        {17, "SELECT * FROM JSON_TABLE('[1]'::jsonb, '$[*]' COLUMNS (a int PATH '$'));", "1:47 #1"},
        {18, "SELECT 1;\nCREATE TABLE v (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL);", "2:58 #2"},
        {18, "CREATE TABLE w (a int4range, b int4range, PRIMARY KEY (a, b WITHOUT OVERLAPS));", "1:61 #1"},
    };
    for (const auto& [since, text, place] : cases) {
        INFO(text);
        const TemporaryDatabase database;
        const bool known = server_version(database) >= since;
        CHECK(outcome_in(database, text) == (known ? "done" : "ScriptFailed 42601 1_a.sql:" + place));
    }
}

TEST_CASE("nothing that a script does to its session reaches the next script, or its own history row") {
    const TemporaryDatabase owner;
    const auto role = owner.name() + "_role";
    owner.run("CREATE ROLE " + role);
    const std::size_t in_flight = GENERATE(1U, 64U);
    const std::vector<std::string> hostile = {
        "SET ROLE " + role,
        "SET SESSION AUTHORIZATION " + role,
        "SET search_path = ''",
        "SELECT pg_catalog.set_config('search_path', '', false)",
        "CREATE TEMP TABLE seen (who text); CREATE TEMP TABLE lockkeeper_history (version text)",
        "SET lock_timeout = '1h'; SET shop.mode = 'odd'",
        "PREPARE q AS SELECT 1; DECLARE c CURSOR WITH HOLD FOR SELECT 1",
        "SET standard_conforming_strings = off",
        "SET client_encoding = 'LATIN1'",
        "SET statement_timeout = '1h'; SET idle_in_transaction_session_timeout = '1h'",
        "SET default_transaction_read_only = on",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE"};
    for (const auto& text : hostile) {
        for (const std::string mode : {"", "-- lockkeeper:no-transaction\n"}) {
            const TemporaryDatabase database;
            const auto report =
                migrate(database, {{"1_a.sql", look}, {"2_b.sql", mode + text}, {"3_c.sql", "SELECT 'a\\';" + look}},
                        {}, {.scripts_in_flight = in_flight});
            INFO(in_flight << " in flight: " << mode << text << "\n"
                           << (report.failure ? report.failure->message : ""));
            CHECK(outcome_of(report) == "done");
            CHECK(database.ask("SELECT count(DISTINCT seen) || ' ' || count(*) FROM public.seen") == "1 2");
            CHECK(database.ask("SELECT bool_and(held) FROM public.seen") == "t");
            CHECK(database.ask("SELECT string_agg(version || ' ' || applied_by, ', ' ORDER BY version) FROM "
                               "public.lockkeeper_history") == "1_a postgres, 2_b postgres, 3_c postgres");
        }
    }
    owner.run("DROP ROLE " + role);
}

TEST_CASE("functions with a standard SQL body run as one statement each") {
    const TemporaryDatabase database;
    CHECK(outcome_in(database,
                     "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a > 1 "
                     "THEN 2 ELSE 3 END; END;\nCREATE TABLE t AS SELECT f(5) AS a;\n"
                     "CREATE PROCEDURE p() BEGIN ATOMIC INSERT INTO t VALUES (7); END;\nCALL p();") == "done");
    CHECK(database.ask("SELECT string_agg(a::text, ' ' ORDER BY a) FROM t") == "2 7");
}

TEST_CASE("a procedure that commits is stopped in a transaction, and runs without one") {
    const TemporaryDatabase database;
    database.run(
        "CREATE TABLE t (a int); CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN INSERT INTO t VALUES (1); COMMIT; "
        "INSERT INTO t VALUES (2); END'");
    const auto report = migrate(database, {{"1_a.sql", "INSERT INTO t VALUES (0);\nCALL p();"}});
    CHECK(outcome_of(report) == "ScriptFailed 2D000 1_a.sql:2:1 #2");
    CHECK(report.failure->message == "invalid transaction termination");
    CHECK(database.ask("SELECT count(*) FROM t") == "0");
    CHECK(outcome_in(database, "-- lockkeeper:no-transaction\nINSERT INTO t VALUES (0);\nCALL p();") == "done");
    CHECK(database.ask("SELECT string_agg(a::text, ' ' ORDER BY a) FROM t") == "0 1 2");
}

TEST_CASE("a script of 100 MB is one script like any other") {
    const TemporaryDatabase database;
    std::string text = "CREATE TABLE t (a int, b text);\n";
    const std::string filler(1'000'000, 'x');
    for (int row = 0; row < 100; ++row)
        text += "INSERT INTO t VALUES (" + std::to_string(row) + ", '" + filler + "');\n";
    text += "SELECT nope";
    CHECK(outcome_in(database, text) == "ScriptFailed 42703 1_a.sql:102:8 #102");
    text.replace(text.rfind("nope"), 4, "1");
    CHECK(outcome_in(database, text) == "done");
    CHECK(database.ask("SELECT count(*) || ' ' || sum(length(b)) FROM t") == "100 100000000");
}

TEST_CASE("what pg_dump writes applies as it is") {
    const auto pg_dump = tests::require_program("/usr/lib/postgresql/15/bin/pg_dump");
    const TemporaryDatabase original;
    if (const int version = server_version(original); version < 14 || version > 15) {
        tests::skip("pg_dump 15 reads no newer server, and before 14 there are no functions of BEGIN ATOMIC");
    }
    original.run(
        "CREATE SCHEMA shop; CREATE TYPE shop.state AS ENUM ('new', 'it''s; paid'); CREATE TABLE shop.orders (id int "
        "GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state shop.state DEFAULT 'new', note text DEFAULT E'a\\tb;'); "
        "INSERT "
        "INTO shop.orders (state, note) VALUES ('new', E'tab\\there; back\\\\slash'), ('it''s; paid', E'\\\\.'), "
        "(NULL, "
        "E'two\\nlines'); CREATE TABLE shop.lines (o int REFERENCES shop.orders, n int CHECK (n > 0)); INSERT INTO "
        "shop.lines VALUES (1, 2); CREATE VIEW shop.paid AS SELECT * FROM shop.orders WHERE state = 'it''s; paid'; "
        "CREATE MATERIALIZED VIEW shop.counted AS SELECT count(*) FROM shop.orders; CREATE FUNCTION shop.atomic(a int) "
        "RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a > 1 THEN 2 END; END; CREATE FUNCTION "
        "shop.touch() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN NEW.note := 'it''s; $$'; RETURN NEW; END $f$; "
        "CREATE TRIGGER touch BEFORE UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.touch(); CREATE RULE "
        "quiet AS ON DELETE TO shop.lines DO INSTEAD (SELECT 1; SELECT 2); CREATE INDEX by_note ON shop.orders (note); "
        "COMMENT ON TABLE shop.orders IS 'it''s; a -- comment'; ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY; "
        "CREATE "
        "POLICY all_of_them ON shop.orders USING (true)");
    const auto dump = [&](const TemporaryDatabase& database) {
        tests::Process process({pg_dump, "--schema=shop", "--restrict-key=x", "--dbname=" + database.url()});
        const auto code = process.wait();
        INFO(process.log());
        REQUIRE(code == 0);
        return process.log();
    };
    const auto text = dump(original);
    CHECK_THAT(text, Catch::Contains("\\restrict") && Catch::Contains("FROM stdin;"));
    const TemporaryDatabase copy;
    const auto report = migrate(copy, {{"1_dump.sql", text}, {"2_next.sql", "CREATE TABLE next (a int);"}});
    INFO((report.failure ? report.failure->message : ""));
    CHECK(outcome_of(report) == "done");
    CHECK(dump(copy) == text);
    CHECK(copy.ask("SELECT to_regclass('public.next') IS NOT NULL") == "t");
}
