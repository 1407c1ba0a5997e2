#include "support/script_sets.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::migration;
using Catch::Contains;
using lockkeeper::tests::refusal_of;

namespace {

Layout detected(const std::vector<SourceFile>& files) {
    return ScriptSet::read(files).layout();
}

const SourceFile goose{"00001_a.sql", "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;\n"};
const SourceFile dbmate{"20260101_a.sql", "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n"};
const SourceFile tern{"001_a.sql", "SELECT 1;\n---- create above / drop below ----\nSELECT 2;\n"};
const SourceFile flyway{"V1__a.sql", "SELECT 1;"};
const SourceFile paired{"0002_b.up.sql", "SELECT 1;"};
const SourceFile plain{"0002_b.sql", "SELECT 1;"};

}  // namespace

TEST_CASE("a layout is found out by names and annotations") {
    CHECK(detected({goose}) == Layout::Goose);
    CHECK(detected({dbmate}) == Layout::Dbmate);
    CHECK(detected({tern}) == Layout::Tern);
    CHECK(detected({flyway}) == Layout::Flyway);
    CHECK(detected({{"R__views.sql", "SELECT 1;"}}) == Layout::Flyway);
    CHECK(detected({paired}) == Layout::Paired);
    CHECK(detected({plain}) == Layout::Paired);
    CHECK(detected({plain, {"0001_a.up.sql", "SELECT 1;"}}) == Layout::Paired);
    CHECK(detected({}) == Layout::Paired);
    CHECK(detected({{"00001_a.sql", "\xEF\xBB\xBF-- +goose Up\r\nSELECT 1;\r\n"}}) == Layout::Goose);
}

TEST_CASE("a script without annotations goes with those of tern, which has some that cannot be undone") {
    CHECK(detected({tern, plain}) == Layout::Tern);
    CHECK(detected({plain, {"001_a.sql", "---- tern: disable-tx ----\nVACUUM;"}}) == Layout::Tern);
}

TEST_CASE("files that are no scripts have no say in the layout") {
    CHECK(detected({goose, {"README.md", "-- migrate:up"}, {"..0002_b.up.sql", ""}}) == Layout::Goose);
}

TEST_CASE("a mixture names two files and what each looks like") {
    for (const auto& [files, one, other] : std::vector<std::tuple<std::vector<SourceFile>, std::string, std::string>>{
             {{goose, {"00002_b.sql", dbmate.text}}, "'00001_a.sql' looks like Goose", "'00002_b.sql' like Dbmate"},
             {{goose, plain}, "'0002_b.sql' looks like Paired", "'00001_a.sql' like Goose"},
             {{dbmate, paired}, "'20260101_a.sql' looks like Dbmate", "'0002_b.up.sql' like Paired"},
             {{flyway, plain}, "'0002_b.sql' looks like Paired", "'V1__a.sql' like Flyway"},
             {{tern, paired}, "'001_a.sql' looks like Tern", "'0002_b.up.sql' like Paired"},
             {{{"V1__a.sql", goose.text}}, "'V1__a.sql' looks like Flyway", "'V1__a.sql' like Goose"},
             {{{"1_a.up.sql", dbmate.text}}, "'1_a.up.sql' looks like Paired", "'1_a.up.sql' like Dbmate"},
             {{{"1_a.sql", goose.text + dbmate.text}}, "'1_a.sql' looks like Goose", "'1_a.sql' like Dbmate"}}) {
        INFO(one);
        CHECK_THAT(refusal_of(files), Contains(one) && Contains(other) && Contains("--layout"));
    }
}

TEST_CASE("a named layout does not run the way back of another one behind its way up") {
    for (const auto& file : {goose, dbmate, tern}) {
        CHECK_THAT(refusal_of({file}, Layout::Paired), Contains("is written for") && Contains("the layout is Paired"));
    }
    CHECK_THAT(refusal_of({{"V1__a.sql", goose.text}}, Layout::Flyway), Contains("is written for Goose"));
    CHECK(refusal_of({{"1_a.sql", goose.text + "-- migrate:up is what dbmate says"}}, Layout::Goose) == "accepted");
}

TEST_CASE("a layout is read by exactly its name") {
    for (const auto layout :
         {Layout::Auto, Layout::Paired, Layout::Goose, Layout::Dbmate, Layout::Tern, Layout::Flyway}) {
        CHECK(parse_layout(to_string(layout)) == layout);
    }
    CHECK_FALSE(parse_layout("goose"));
    CHECK_FALSE(parse_layout(""));
}
