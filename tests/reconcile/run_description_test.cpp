#include "reconcile/run_description.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::reconcile;

namespace {

std::string refusal_of(const std::string& text) {
    try {
        parse_run_description(text);
    } catch (const InvalidRunDescription& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("a run description reads back as it was written") {
    RunDescription description{.subject = "shop/shop", .run = 7};
    description.known_history_table = "public.lockkeeper_history";
    description.source_digest = "sha256:abc";
    description.spec.target_version = "0003_orders";
    description.spec.session.role = "owner";
    const auto text = to_text(description);
    const auto read = parse_run_description(text);
    CHECK(read.subject == "shop/shop");
    CHECK(read.run == 7);
    CHECK(read.known_history_table == "public.lockkeeper_history");
    CHECK(read.source_digest == "sha256:abc");
    CHECK(read.spec.target_version == "0003_orders");
    CHECK(to_text(read) == text);
    CHECK(to_text(parse_run_description(to_text({.subject = "a/b", .run = 1}))) ==
          to_text({.subject = "a/b", .run = 1}));
}

TEST_CASE("a run description of another format, or none, is refused with what is wrong") {
    CHECK_THAT(refusal_of(R"({"format":2})"), Catch::Contains("has format 2 and this runner reads format 1"));
    CHECK_THAT(refusal_of(""), Catch::Contains("no JSON object"));
    CHECK_THAT(refusal_of("[]"), Catch::Contains("no JSON object"));
    CHECK_THAT(refusal_of("{}"), Catch::Contains("format"));
    CHECK_THAT(refusal_of(R"({"format":1,"migration":"a/b","run":"x"})"), Catch::Contains("run"));
    CHECK_THAT(refusal_of(R"({"format":1,"migration":"a/b","run":1,"spec":{"layout":"Sql"}})"),
               Catch::Contains("layout") && Catch::Contains("write one of"));
}
