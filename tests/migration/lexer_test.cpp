#include "migration/lexer.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace lockkeeper::migration;

namespace {

std::vector<std::string> tokens_of(std::string_view text) {
    std::vector<std::string> tokens;
    Lexer lexer(text);
    for (auto token = lexer.next(); token.kind != TokenKind::End; token = lexer.next()) {
        tokens.emplace_back(text.substr(token.begin, token.end - token.begin));
    }
    return tokens;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a semicolon inside any kind of quote is part of the quote") {
    CHECK(tokens_of("'a;b'") == Texts{"'a;b'"});
    CHECK(tokens_of("'it''s; fine'") == Texts{"'it''s; fine'"});
    CHECK(tokens_of(R"("a;""b")") == Texts{R"("a;""b")"});
    CHECK(tokens_of("$$a;b$$") == Texts{"$$a;b$$"});
    CHECK(tokens_of("$q$a; $$ ;b$q$") == Texts{"$q$a; $$ ;b$q$"});
    CHECK(tokens_of("E'a\\';b'") == Texts{"E'a\\';b'"});
    CHECK(tokens_of("U&'a;b'") == Texts{"U&'a;b'"});
    CHECK(tokens_of("U&\"a;b\"") == Texts{"U&\"a;b\""});
}

TEST_CASE("a backslash ends nothing in a plain string") {
    CHECK(tokens_of("'a\\' ;") == Texts{"'a\\'", ";"});
}

TEST_CASE("an escape string goes on behind a line break by its own rules") {
    CHECK(tokens_of("E'a'\n  'b\\';c' ;") == Texts{"E'a'\n  'b\\';c'", ";"});
    CHECK(tokens_of("E'a' 'b' ;") == Texts{"E'a'", "'b'", ";"});
}

TEST_CASE("comments are passed over, and block comments nest") {
    CHECK(tokens_of("a -- b;\nc") == Texts{"a", "c"});
    CHECK(tokens_of("a /* b; /* c */ ; */ d") == Texts{"a", "d"});
    CHECK(tokens_of("a */* ; */ b") == Texts{"a", "*", "b"});
}

TEST_CASE("a dollar sign inside a name or before a digit opens no quote") {
    CHECK(tokens_of("a$b$c") == Texts{"a$b$c"});
    CHECK(tokens_of("$1$2") == Texts{"$1", "$2"});
    CHECK(tokens_of("$1x$ y") == Texts{"$1", "x$", "y"});
}

TEST_CASE("a quote or comment without an end says where it began") {
    const auto begin_of = [](std::string_view text) -> std::size_t {
        try {
            tokens_of(text);
        } catch (const UnterminatedToken& error) {
            return error.begin();
        }
        return 999;
    };
    CHECK(begin_of("SELECT 'a") == 7);
    CHECK(begin_of("SELECT \"a") == 7);
    CHECK(begin_of("SELECT $x$ a $y$") == 7);
    CHECK(begin_of("SELECT /* a /* b */") == 7);
    CHECK(begin_of("SELECT E'a\\'") == 7);
}
