#include "api/conditions.hpp"

#include "api/one_line.hpp"

#include <algorithm>

namespace lockkeeper::api {
namespace {

auto place_of(auto& conditions, std::string_view type) {
    return std::ranges::find(conditions, type, &Condition::type);
}

void keep_transition_time(Condition& condition, const Conditions& before) {
    const auto* const known = find_condition(before, condition.type);
    if (known != nullptr && known->status == condition.status) {
        condition.last_transition_time = known->last_transition_time;
    }
}

}  // namespace

std::string_view to_string(ConditionStatus status) {
    switch (status) {
        case ConditionStatus::True:
            return "True";
        case ConditionStatus::False:
            return "False";
        case ConditionStatus::Unknown:
            break;
    }
    return "Unknown";
}

const Condition* find_condition(const Conditions& conditions, std::string_view type) {
    const auto found = place_of(conditions, type);
    return found == conditions.end() ? nullptr : &*found;
}

bool is_true(const Conditions& conditions, std::string_view type) {
    const auto* condition = find_condition(conditions, type);
    return condition != nullptr && condition->status == ConditionStatus::True;
}

void keep_transition_times(Conditions& conditions, const Conditions& before) {
    for (auto& condition : conditions) keep_transition_time(condition, before);
}

void set_condition(Conditions& conditions, Condition condition) {
    condition.message = one_line(condition.message);
    keep_transition_time(condition, conditions);
    const auto found = place_of(conditions, condition.type);
    if (found == conditions.end()) {
        conditions.push_back(std::move(condition));
    } else {
        *found = std::move(condition);
    }
}

void remove_condition(Conditions& conditions, std::string_view type) {
    std::erase_if(conditions, [&](const Condition& condition) { return condition.type == type; });
}

}  // namespace lockkeeper::api
