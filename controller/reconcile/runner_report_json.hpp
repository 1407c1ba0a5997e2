#pragma once

#include "api/json_fields.hpp"
#include "reconcile/runner_line.hpp"

#include <cstddef>

namespace lockkeeper::reconcile {

/// A RunnerResult as the JSON of its line, and back. All readers throw api::InvalidField.
nlohmann::json result_to_json(const RunnerResult& result);
RunnerResult result_of(const api::Field& field);

/// A whole number that is not negative.
std::size_t count_of(const api::Field& field);
migration::Direction direction_of(const api::Field& field);

}  // namespace lockkeeper::reconcile
