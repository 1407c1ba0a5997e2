#include "api/one_line.hpp"

#include <catch2/catch.hpp>

using lockkeeper::api::one_line;

TEST_CASE("white space and control characters become one space") {
    CHECK(one_line("  a\n\n b\t\x01\x7F"
                   "c  ") == "a b c");
    CHECK(one_line("").empty());
    CHECK(one_line(" \n").empty());
}

TEST_CASE("a text that is too long is cut between two characters") {
    CHECK(one_line("abcdef", 6) == "abcdef");
    CHECK(one_line("abcdefg", 6) == "abc…");
    CHECK(one_line("ääää", 8) == "ääää");
    CHECK(one_line("äääää", 8) == "ää…");
    CHECK(one_line("abc", 2) == "ab");
    CHECK(one_line(std::string(5'000, 'x')).size() == lockkeeper::api::longest_message);
}

TEST_CASE("valid UTF-8 passes, whatever its length") {
    CHECK(one_line("é € 😀 \xF4\x8F\xBF\xBF") == "é € 😀 \xF4\x8F\xBF\xBF");
}

TEST_CASE("bytes that are no UTF-8 are replaced, since JSON cannot hold them") {
    CHECK(one_line("pass\xFCwort") == "pass\xEF\xBF\xBDwort");                  // Latin-1
    CHECK(one_line("\xC3") == "\xEF\xBF\xBD");                                  // cut short
    CHECK(one_line("\xC0\xAF") == "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
    CHECK(one_line("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
    CHECK(one_line("\xF5\x80\x80\x80").find('\xF5') == std::string::npos);      // beyond Unicode
}
