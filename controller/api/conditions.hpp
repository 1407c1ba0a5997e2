#pragma once

#include "api/timestamps.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::api {

enum class ConditionStatus { True, False, Unknown };

std::string_view to_string(ConditionStatus status);

/// metav1.Condition.
struct Condition {
    std::string type;
    ConditionStatus status = ConditionStatus::Unknown;
    std::string reason;   ///< CamelCase, for programs
    std::string message;  ///< one line, for a person
    std::int64_t observed_generation = 0;
    Timestamp last_transition_time;

    friend bool operator==(const Condition&, const Condition&) = default;
};

/// Types of conditions, by the conventions of kstatus. `Ready` is always there; the other two only while True.
namespace condition_type {
constexpr std::string_view ready = "Ready";
constexpr std::string_view reconciling = "Reconciling";  ///< converging, or a retry is due by itself
constexpr std::string_view stalled = "Stalled";          ///< a person must act
}  // namespace condition_type

/// At most one condition of each type, in the order in which they were first set.
using Conditions = std::vector<Condition>;

/// The condition of a type, or nullptr.
const Condition* find_condition(const Conditions& conditions, std::string_view type);
bool is_true(const Conditions& conditions, std::string_view type);

/// `last_transition_time` tells since when a status is what it is, not when last looked: a condition that had the same
/// status before keeps the time that it had then.
void keep_transition_times(Conditions& conditions, const Conditions& before);

/// Adds a condition or replaces the one of its type, whose transition time it keeps by the same rule. The message is
/// put through one_line.
void set_condition(Conditions& conditions, Condition condition);
void remove_condition(Conditions& conditions, std::string_view type);

}  // namespace lockkeeper::api
