#include "api/conditions.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::api;

namespace {

constexpr Timestamp early{std::chrono::seconds(1'000)};
constexpr Timestamp late{std::chrono::seconds(2'000)};

Condition ready(ConditionStatus status, const std::string& reason, Timestamp time) {
    return {"Ready", status, reason, "", 1, time};
}

}  // namespace

TEST_CASE("a condition keeps its transition time while its status stays, whatever its reason becomes") {
    Conditions conditions;
    set_condition(conditions, ready(ConditionStatus::False, "DatabaseUnreachable", early));
    set_condition(conditions, ready(ConditionStatus::False, "AccessDenied", late));
    REQUIRE(conditions.size() == 1);
    CHECK(conditions[0].last_transition_time == early);
    CHECK(conditions[0].reason == "AccessDenied");
}

TEST_CASE("a condition's transition time moves with its status") {
    Conditions conditions;
    set_condition(conditions, ready(ConditionStatus::Unknown, "Progressing", early));
    set_condition(conditions, ready(ConditionStatus::True, "UpToDate", late));
    CHECK(conditions[0].last_transition_time == late);
}

TEST_CASE("conditions that were made anew keep the transition times of those that had the same status before") {
    Conditions anew{ready(ConditionStatus::False, "AccessDenied", late),
                    {"Stalled", ConditionStatus::True, "AccessDenied", "", 1, late},
                    {"Reconciling", ConditionStatus::True, "AccessDenied", "", 1, late}};
    keep_transition_times(anew, {ready(ConditionStatus::False, "DatabaseUnreachable", early),
                                 {"Stalled", ConditionStatus::False, "", "", 1, early}});
    CHECK(anew[0].last_transition_time == early);
    CHECK(anew[0].reason == "AccessDenied");
    CHECK(anew[1].last_transition_time == late);
    CHECK(anew[2].last_transition_time == late);
}

TEST_CASE("a condition is found by its type and gone once it is removed") {
    Conditions conditions;
    set_condition(conditions, ready(ConditionStatus::False, "ScriptFailed", early));
    set_condition(conditions, {"Stalled", ConditionStatus::True, "ScriptFailed", "", 1, early});
    CHECK(is_true(conditions, "Stalled"));
    CHECK_FALSE(is_true(conditions, "Ready"));
    remove_condition(conditions, "Stalled");
    CHECK(find_condition(conditions, "Stalled") == nullptr);
    CHECK(find_condition(conditions, "Ready") != nullptr);
}

TEST_CASE("a condition's message is one line") {
    Conditions conditions;
    auto condition = ready(ConditionStatus::False, "ScriptFailed", early);
    condition.message = "first\n\tsecond\r\n";
    set_condition(conditions, condition);
    CHECK(conditions[0].message == "first second");
}
