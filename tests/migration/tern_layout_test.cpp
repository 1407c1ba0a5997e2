#include "support/script_sets.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::migration;
using namespace lockkeeper::tests;
using Catch::Contains;

namespace {

Script only(const std::string& text) {
    const auto set = ScriptSet::read({{"001_a.sql", text}}, Layout::Tern);
    REQUIRE(set.scripts().size() == 1);
    return set.scripts().front();
}

std::string refusal(const std::string& text) {
    return refusal_of({{"001_a.sql", text}}, Layout::Tern);
}

}  // namespace

TEST_CASE("what stands above and below tern's separator are two scripts whose lines keep their numbers") {
    const auto script = only("CREATE TABLE a (x int);\n\n---- create above / drop below ----\n\nDROP TABLE a;\n");
    CHECK(script.version.text() == "001");
    CHECK(script.up.text == "CREATE TABLE a (x int);\n\n");
    CHECK(script.down->text == "\n\n\n\nDROP TABLE a;\n");
    CHECK(script.up_checksum == checksum_of("CREATE TABLE a (x int);"));
    CHECK(script.down_checksum == checksum_of("DROP TABLE a;"));
    CHECK_FALSE(only("SELECT 1;").down);
    CHECK_FALSE(only("SELECT 1;\n---- create above / drop below ----\n-- nothing").down);
}

TEST_CASE("disable-tx of tern is the direction's that it stands in") {
    const auto script =
        only("---- tern: disable-tx ----\nVACUUM;\n---- create above / drop below ----\nDROP TABLE a;\n");
    CHECK(script.up_mode == TransactionMode::None);
    CHECK(script.down_mode == TransactionMode::Automatic);
}

TEST_CASE("templates of tern are refused with their place") {
    CHECK_THAT(refusal("SELECT 1;\n{{ template \"shared/v.sql\" . }}\n"), Contains("001_a.sql:2: templates of tern"));
    CHECK_THAT(refusal("SELECT '{{1,2}}';"), Contains("'{ {'"));
}

TEST_CASE("a script of tern needs SQL above the separator") {
    CHECK_THAT(refusal("-- x\n---- create above / drop below ----\nSELECT 1;"), Contains("has no SQL above"));
}

TEST_CASE("a gap in tern's numbers is a script that is missing") {
    const auto numbered = [](const std::string& number) { return SourceFile{number + "_a.sql", "SELECT 1;"}; };
    CHECK_THAT(refusal_of({numbered("001"), numbered("003")}, Layout::Tern), Contains("script 2 is missing"));
    CHECK_THAT(refusal_of({numbered("002")}, Layout::Tern), Contains("script 1 is missing"));
    CHECK_THAT(refusal_of({numbered("1"), numbered("01")}, Layout::Tern), Contains("but for zeros"));
    CHECK(refusal_of({numbered("10"), numbered("9"), numbered("1"), numbered("2"), numbered("3"), numbered("4"),
                      numbered("5"), numbered("6"), numbered("7"), numbered("8")},
                     Layout::Tern) == "accepted");
    CHECK(ScriptSet::read({numbered("1"), {"tern.conf", ""}}, Layout::Tern).warnings().empty());
}
