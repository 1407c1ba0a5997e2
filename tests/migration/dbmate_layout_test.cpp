#include "support/script_sets.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::migration;
using namespace lockkeeper::tests;
using Catch::Contains;

namespace {

Script only(const std::string& text) {
    const auto set = ScriptSet::read({{"20260101120000_a.sql", text}}, Layout::Dbmate);
    REQUIRE(set.scripts().size() == 1);
    return set.scripts().front();
}

std::string refusal(const std::string& text) {
    return refusal_of({{"20260101120000_a.sql", text}}, Layout::Dbmate);
}

}  // namespace

TEST_CASE("the blocks of dbmate become scripts whose lines keep their numbers") {
    const auto script = only("-- migrate:up\nCREATE TABLE a (x int);\n\n-- migrate:down\nDROP TABLE a;\n");
    CHECK(script.version.text() == "20260101120000");
    CHECK(script.name == "a");
    CHECK(script.up.text == "\nCREATE TABLE a (x int);\n\n");
    CHECK(script.down->text == "\n\n\n\nDROP TABLE a;\n");
    CHECK(script.up_checksum == checksum_of("CREATE TABLE a (x int);"));
}

TEST_CASE("the options of a block of dbmate are its own") {
    const auto up = only("-- migrate:up transaction:false\nVACUUM;\n-- migrate:down\nSELECT 1;\n");
    CHECK(up.up_mode == TransactionMode::None);
    CHECK(up.down_mode == TransactionMode::Automatic);
    const auto down =
        only("--migrate:up  transaction:true \nSELECT 1;\n-- migrate:down x:y transaction:false\nVACUUM;");
    CHECK(down.up_mode == TransactionMode::Automatic);
    CHECK(down.down_mode == TransactionMode::None);
    CHECK_THAT(refusal("-- migrate:up transaction: false\nVACUUM;\n"), Contains(":1:") && Contains("without a space"));
}

TEST_CASE("a down block of dbmate may be missing or empty, and is no way back then") {
    CHECK_FALSE(only("-- migrate:up\nSELECT 1;\n").down);
    CHECK_FALSE(only("-- migrate:up\nSELECT 1;\n-- migrate:down\n\n").down);
}

TEST_CASE("what dbmate refuses is refused with its line") {
    CHECK_THAT(refusal("SELECT 1;\n-- migrate:up\n"), Contains(":1: SQL stands before"));
    CHECK_THAT(refusal("-- migrate:upwards\n"), Contains("has no line '-- migrate:up'"));
    CHECK_THAT(refusal("-- x\n-- migrate:down\nSELECT 1;\n-- migrate:up\n"), Contains(":2:") && Contains("above"));
    CHECK_THAT(refusal("-- migrate:up\n-- migrate:up\n"), Contains(":2:") && Contains("twice"));
}

TEST_CASE("dbmate takes any file whose name begins with digits") {
    const auto set = ScriptSet::read({{"1.sql", "-- migrate:up\n"}, {"2-b.sql", "-- migrate:up\n"}}, Layout::Dbmate);
    CHECK(versions_of(set) == std::vector<std::string>{"1", "2"});
    CHECK(set.scripts()[1].name == "b");
}
