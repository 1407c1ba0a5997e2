#include "migration/script_text.hpp"
#include "support/process.hpp"
#include "support/query_recorder.hpp"
#include "support/requirements.hpp"
#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace lockkeeper;

namespace {

using Texts = std::vector<std::string>;

/// Everything that has made a splitter stumble. Each is whole in itself, and holds nothing that we refuse. One thing is
/// left out: `E'a'`, a line break, `'b\';c'` is one string to the server and to us, but not to psql, which reads line
/// by line.
// NOLINTBEGIN(modernize-raw-string-literal): most need an escape for something that a raw string has no sign for
const Texts pieces = {
    "SELECT 1",
    "SELECT 'a;b'",
    "SELECT 'it''s;'",
    "SELECT E'it\\'s;', E'\\\\'",
    "SELECT 'a\\'",
    "SELECT N'a;', B'1', X'F;', U&'\\0041;', U&\"a;\\0041\"",
    "SELECT 1 AS \"a;\"\"b\"",
    "DO $$BEGIN PERFORM ';'; END$$",
    "DO $a$BEGIN PERFORM $b$;$a;$b$; END$a$",
    "SELECT $ä1$;$ä1$, $_$;$$;$_$",
    "SELECT a$b$ FROM t; SELECT 1 AS x$y",
    "SELECT $1;",
    "SELECT 1 -- a;b'\n",
    "SELECT 1 --;\r\n + 2",
    "SELECT /* ; /* ; */ ' */ 1",
    "SELECT 1 /**/;/* ; */",
    "SELECT 4 /-- ;\n 2",
    "SELECT 1 */* ; */ 2",
    "SELECT (1; SELECT 2)",
    "SELECT ((1); SELECT 2)); SELECT 3",
    "SELECT ARRAY[1]; SELECT 2",
    "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END",
    "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT CASE WHEN a THEN CASE WHEN b THEN 1 END END; END",
    "create or replace function \"begin\"() returns int begin atomic select 1; end",
    "CREATE FUNCTION g(begin int, c text DEFAULT ';') RETURNS int RETURN 1",
    "CREATE FUNCTION h() RETURNS int LANGUAGE sql AS 'SELECT 1;'",
    "CREATE TABLE function (begin int, \"end\" int)",
    "CREATE /* ; */ FUNCTION k() RETURNS int -- ;\nBEGIN ATOMIC SELECT 1; END",
    "CREATE AGGREGATE begin (int) (a = b); SELECT 1",
    "SELECT CASE WHEN true THEN 1 END",
    "SELECT 1::int, 'a'::text, a.b, 1..2, 1e5, 1.5e-3, .5",
    "SELECT :a, ':b;', a[1:2]",
    "SELECT 'ä;', \"ö;\", $ü$;$ü$",
    "SELECT 'x'\n  -- c;\n  ';y'",
    "SELECT a ->> 'b;', a #- '{;}', @-@ 1, a ~* ';'",
    "SELECT 1;;; ;SELECT 2",
    "-- only a comment;\n",
    "/* only; */",
    "",
    "\xEF\xBB\xBFSELECT 1",
    "SELECT 1\r\n;\r\nSELECT 2",
    "SELECT U&'a' UESCAPE ';', 1",
    "SELECT E'\\\n;', E'\\;'",
    "SELECT _a$$; SELECT 2",
    "SELECT 1$$;$$",
    "SELECT 0x1F;SELECT 1_000",
    "SELECT - - 1; SELECT 1 - -1",
    "SELECT \"a\"\"\", ''''; SELECT ''",
};
// NOLINTEND(modernize-raw-string-literal)

/// Each piece alone, and in front of two others, with its semicolon at its end or on a line of its own.
Texts make_corpus() {
    Texts scripts;
    for (std::size_t index = 0; index < pieces.size(); ++index) {
        scripts.push_back(pieces[index]);
        for (const auto& second : {std::string("SELECT 99"), pieces[(index * 7 + 3) % pieces.size()]}) {
            if (second.starts_with("\xEF")) continue;
            scripts.push_back(pieces[index] + ";\n" + second + ";");
            scripts.push_back(pieces[index] + "\n;" + second);
        }
    }
    return scripts;
}

Texts split(const std::string& script) {
    Texts texts;
    for (const auto& statement : migration::read_script_text({"1_a.sql", script}).statements) {
        texts.push_back(script.substr(statement.begin, statement.end - statement.begin));
    }
    return texts;
}

/// Without what no server cares for: white space, comments and semicolons at both ends.
std::string bare(std::string text) {
    const auto is_nothing = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ';'; };
    while (!text.empty() && is_nothing(text.back())) text.pop_back();
    while (!text.empty()) {
        if (is_nothing(text.front())) {
            text.erase(0, 1);
        } else if (text.starts_with("--")) {
            text.erase(0, text.find('\n'));
        } else if (text.starts_with("/* only; */") || text.starts_with("/* ; */")) {
            text.erase(0, text.find("*/") + 2);
        } else {
            break;
        }
    }
    return text;
}

constexpr const char* mark = "SELECT 'the next script'";

/// What psql makes of each script: it runs all of them, one behind the other, with a mark in between.
std::vector<Texts> split_by_psql(const Texts& scripts) {
    const tests::QueryRecorder server;
    const tests::TemporaryFolder folder;
    Texts command{tests::require_program("/usr/lib/postgresql/15/bin/psql"), "--no-psqlrc", "--quiet", server.url()};
    for (std::size_t index = 0; index < scripts.size(); ++index) {
        const auto name = std::to_string(index);
        folder.write(name, scripts[index]);
        command.insert(command.end(), {"-f", folder.path(name), "-c", mark});
    }
    tests::Process psql(command);
    const auto code = psql.wait();
    INFO(psql.log());
    REQUIRE(code == 0);
    std::vector<Texts> all(1);
    for (const auto& query : server.queries()) {
        if (query == mark) {
            all.emplace_back();
        } else if (const auto text = bare(query); !text.empty()) {
            all.back().push_back(text);
        }
    }
    all.pop_back();
    return all;
}

}  // namespace

TEST_CASE("scripts are split into the statements that psql splits them into") {
    const auto scripts = make_corpus();
    const auto expected = split_by_psql(scripts);
    REQUIRE(expected.size() == scripts.size());
    for (std::size_t index = 0; index < scripts.size(); ++index) {
        INFO(scripts[index]);
        auto texts = split(scripts[index]);
        for (auto& text : texts) text = bare(text);
        auto theirs = expected[index];
        // psql sends the comments behind a statement with it; a statement of ours ends with its last word.
        for (std::size_t at = 0; at < std::min(texts.size(), theirs.size()); ++at) {
            const auto rest = theirs[at].substr(std::min(texts[at].size(), theirs[at].size()));
            if (theirs[at].starts_with(texts[at]) && split(rest).empty()) theirs[at] = texts[at];
        }
        CHECK(texts == theirs);
    }
}
