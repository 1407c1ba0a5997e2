#include "postgres/identifier.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace lockkeeper::postgres;

TEST_CASE("a table name is read as table or schema.table") {
    CHECK(QualifiedName::parse("h").text() == "public.h");
    CHECK(QualifiedName::parse("s.h").quoted() == "\"s\".\"h\"");
    CHECK(QualifiedName::parse("we\"ird").quoted() == "\"public\".\"we\"\"ird\"");
}

TEST_CASE("a table name that PostgreSQL would read otherwise is refused") {
    for (const std::string& bad : {std::string(), std::string("a.b.c"), std::string(".a"), std::string("a."),
                                   std::string(64, 'x'), std::string("a\0b", 3)}) {
        INFO(bad);
        CHECK_THROWS_AS(QualifiedName::parse(bad), std::invalid_argument);
    }
    CHECK_NOTHROW(QualifiedName::parse(std::string(63, 'x')));
}

TEST_CASE("a literal survives quotes and backslashes") {
    CHECK(quote_literal("it's") == "'it''s'");
    CHECK(quote_literal("a\\'b") == "E'a\\\\''b'");
    CHECK_THROWS_AS(quote_literal(std::string_view("a\0b", 3)), std::invalid_argument);
}
