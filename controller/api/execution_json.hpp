#pragma once

#include "api/execution_spec.hpp"
#include "api/json_fields.hpp"

namespace lockkeeper::api {

/// Reads `spec.execution`, by the rules of the CRD. Throws InvalidField.
ExecutionSpec execution_from_json(const Field& field);

}  // namespace lockkeeper::api
