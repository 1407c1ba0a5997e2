#include "support/script_sets.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::migration;
using namespace lockkeeper::tests;
using Catch::Contains;

namespace {

Script only(const std::string& text) {
    const auto set = ScriptSet::read({{"00001_a.sql", text}}, Layout::Goose);
    REQUIRE(set.scripts().size() == 1);
    return set.scripts().front();
}

std::string refusal(const std::string& text) {
    return refusal_of({{"00001_a.sql", text}}, Layout::Goose);
}

}  // namespace

TEST_CASE("the sections of goose become scripts whose lines keep their numbers") {
    const auto script = only("-- a comment\n-- +goose Up\nCREATE TABLE a (x int);\n\n-- +goose Down\nDROP TABLE a;\n");
    CHECK(script.version.text() == "00001");
    CHECK(script.name == "a");
    CHECK(script.up.text == "\n\nCREATE TABLE a (x int);\n\n");
    CHECK(script.down->text == "\n\n\n\n\nDROP TABLE a;\n");
    CHECK(script.up_mode == TransactionMode::Automatic);
    CHECK(script.up_checksum == checksum_of("CREATE TABLE a (x int);"));
    CHECK(script.down_checksum == checksum_of("DROP TABLE a;"));
}

TEST_CASE("annotations of goose are read whatever their case, with CRLF and a byte order mark") {
    const auto script = only("\xEF\xBB\xBF--  +goose up\r\nSELECT 1;\r\n--+goose DOWN\r\nSELECT 2;\r\n");
    CHECK(script.up.text == "\nSELECT 1;\r\n");
    CHECK(script.down->text == "\n\n\nSELECT 2;\r\n");
}

TEST_CASE("a way back that is added later is no edit of the way up, in goose") {
    CHECK(only("-- +goose Up\nSELECT 1;\n").up_checksum ==
          only("-- +goose Up\nSELECT 1;\n\n\n-- +goose Down\nSELECT 2;\n").up_checksum);
}

TEST_CASE("a section of goose without a statement is no way back") {
    CHECK_FALSE(only("-- +goose Up\nSELECT 1;\n-- +goose Down\n-- nothing to do\n").down);
}

TEST_CASE("statement annotations of goose are comments, and must be in pairs") {
    CHECK(only("-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementEnd\n").up.text ==
          "\n-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementEnd\n");
    CHECK_THAT(refusal("-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n"), Contains(":2:"));
    CHECK_THAT(refusal("-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose Down\n"), Contains(":2:"));
    CHECK_THAT(refusal("-- +goose Up\n-- +goose StatementEnd\n"), Contains(":2:"));
}

TEST_CASE("no transaction in goose is both directions") {
    const auto script = only("-- +goose NO TRANSACTION\n-- +goose Up\nVACUUM;\n-- +goose Down\nVACUUM;\n");
    CHECK(script.up_mode == TransactionMode::None);
    CHECK(script.down_mode == TransactionMode::None);
}

TEST_CASE("what goose refuses, and what only goose can do, is refused with its line") {
    CHECK_THAT(refusal("SELECT 1;\nSELECT 2;\n-- +goose Up\n"),
               Contains("00001_a.sql:1:") && Contains("before '-- +goose Up'"));
    CHECK_THAT(refusal("SELECT 1;\n"), Contains("has no line '-- +goose Up'"));
    CHECK_THAT(refusal("-- +goose Down\nSELECT 1;\n-- +goose Up\n"), Contains(":1: '-- +goose Down' stands above"));
    CHECK_THAT(refusal("-- +goose Up\n-- +goose Up\n"), Contains(":2: '-- +goose Up' is there twice"));
    CHECK_THAT(refusal("-- +goose Up\n-- +goose Down\n-- +goose Down\n"), Contains(":3:"));
    CHECK_THAT(refusal("-- +goose Upp\n"), Contains(":1: goose has no such annotation"));
    CHECK_THAT(refusal("-- +goose Up\n  -- +goose Down\n"), Contains(":2:") && Contains("first column"));
    CHECK_THAT(refusal("-- +goose Up\n-- +goose ENVSUB ON\nSELECT '${X}';\n"), Contains(":2:") && Contains("values"));
}

TEST_CASE("a migration in Go is refused and not passed over, but other Go files are") {
    CHECK_THAT(refusal_of({{"00001_a.sql", "-- +goose Up\n"}, {"00002_b.go", "package m"}}),
               Contains("00002_b.go") && Contains("write what it does as SQL"));
    const auto set = ScriptSet::read(
        {{"00001_a.sql", "-- +goose Up\n"}, {"embed.go", ""}, {"00002_b_test.go", ""}, {"1-x.sql", ""}}, Layout::Goose);
    CHECK(set.warnings().size() == 3);
}

TEST_CASE("a number that occurs twice names both files, zeros or not") {
    const std::string text = "-- +goose Up\nSELECT 1;";
    CHECK_THAT(refusal_of({{"1_a.sql", text}, {"1_b.sql", text}}),
               Contains("'1_a.sql' and '1_b.sql' are both version 1"));
    CHECK_THAT(refusal_of({{"01_a.sql", text}, {"1_b.sql", text}}),
               Contains("'01_a.sql'") && Contains("'1_b.sql'") && Contains("but for zeros"));
}
