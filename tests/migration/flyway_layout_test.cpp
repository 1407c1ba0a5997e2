#include "support/script_sets.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::migration;
using namespace lockkeeper::tests;
using Catch::Contains;

namespace {

std::string refusal(std::vector<SourceFile> files) {
    return refusal_of(std::move(files), Layout::Flyway);
}

}  // namespace

TEST_CASE("versions of Flyway are dotted, an underscore is a dot, and repeatable scripts come last") {
    const auto set = ScriptSet::read({{"R__a_view.sql", "SELECT 1;"},
                                      {"V10__x.sql", "SELECT 1;"},
                                      {"V2.1__add_orders.sql", "SELECT 1;"},
                                      {"V1_10__y.sql", "SELECT 1;"},
                                      {"V1.9__z__w.sql", "SELECT 1;"},
                                      {"R__B.sql", "SELECT 1;"}});
    CHECK(set.layout() == Layout::Flyway);
    CHECK(versions_of(set) == std::vector<std::string>{"1.9", "1.10", "2.1", "10", "R__B", "R__a_view"});
    CHECK(set.scripts()[0].name == "z__w");
    CHECK(set.scripts()[2].name == "add_orders");
    CHECK(set.scripts()[5].name == "a_view");
    CHECK(set.find("R__B") != nullptr);
    CHECK(set.find("1.10")->up.name == "V1_10__y.sql");
}

TEST_CASE("an undo script of Flyway is the way back of its version") {
    const auto set = ScriptSet::read({{"V1_0__a.sql", "UP"}, {"U1.0__whatever.sql", "DOWN"}});
    REQUIRE(set.scripts().size() == 1);
    CHECK(set.scripts()[0].down->text == "DOWN");
    CHECK(set.scripts()[0].down->name == "U1.0__whatever.sql");
    CHECK_THAT(refusal({{"V1__a.sql", "x"}, {"U2__a.sql", "x"}}), Contains("'U2__a.sql' undoes nothing"));
    CHECK_THAT(refusal({{"V1__a.sql", "x"}, {"U1__a.sql", "x"}, {"U1__b.sql", "x"}}),
               Contains("'U1__a.sql' and 'U1__b.sql'"));
}

TEST_CASE("a version of Flyway that occurs twice names both files") {
    CHECK_THAT(refusal({{"V1__a.sql", ""}, {"V1__b.sql", ""}}), Contains("'V1__a.sql' and 'V1__b.sql' are both"));
    CHECK_THAT(refusal({{"V1__a.sql", ""}, {"V1.0__b.sql", ""}}), Contains("'V1__a.sql'") && Contains("but for zeros"));
    CHECK_THAT(refusal({{"V1.1__a.sql", ""}, {"V1_1__b.sql", ""}}), Contains("are both version 1.1"));
}

TEST_CASE("a script's configuration says whether it is one transaction") {
    const auto set = ScriptSet::read({{"V1__a.sql", "VACUUM;"},
                                      {"V1__a.sql.conf", "# why\r\nexecuteInTransaction = FALSE\r\nencoding=UTF-8\r\n"},
                                      {"U1__a.sql", "VACUUM;"},
                                      {"V2__b.sql", "SELECT 1;"}});
    CHECK(set.warnings().empty());
    CHECK(set.scripts()[0].up_mode == TransactionMode::None);
    CHECK(set.scripts()[0].down_mode == TransactionMode::Automatic);
    CHECK(set.scripts()[1].up_mode == TransactionMode::Automatic);
    CHECK_THAT(refusal({{"V1__a.sql", ""}, {"V1__a.sql.conf", "\nshouldExecute=false"}}),
               Contains("V1__a.sql.conf:2: 'shouldExecute'"));
    CHECK_THAT(refusal({{"V1__a.sql", ""}, {"V1__a.sql.conf", "executeInTransaction=no"}}), Contains("true or false"));
}

TEST_CASE("placeholders of Flyway are refused with their place, unless they are meant as they stand") {
    const SourceFile script{"V1__a.sql", "SELECT 1;\nSELECT '${owner}';"};
    CHECK_THAT(refusal({script}), Contains("V1__a.sql:2: placeholders") && Contains("placeholderReplacement=false"));
    CHECK(refusal({script, {"V1__a.sql.conf", "placeholderReplacement=false"}}) == "accepted");
}

TEST_CASE("what only Flyway can run is refused or warned of, never passed over in silence") {
    CHECK_THAT(refusal({{"B5__base.sql", ""}}), Contains("baseline script") && Contains("V5__base.sql"));
    CHECK_THAT(refusal({{"V1__a.sql", ""}, {"V2__b.java", ""}}), Contains("'V2__b.java'") && Contains("as SQL"));
    CHECK_THAT(refusal({{"V1__a.sql", ""}, {"V2_b.sql", ""}}), Contains("'V2_b.sql'") && Contains("two underscores"));
    CHECK_THAT(refusal({{"V1__a.sql", ""}, {"R_b.sql", ""}}), Contains("'R_b.sql'"));
    const auto set = ScriptSet::read({{"V1__a.sql", ""}, {"afterMigrate__grants.sql", ""}, {"notes.sql", ""}});
    REQUIRE(set.warnings().size() == 2);
    CHECK_THAT(set.warnings()[0], Contains("'afterMigrate__grants.sql' is a callback"));
    CHECK_THAT(set.warnings()[1], Contains("'notes.sql' is not a script"));
}
