#pragma once

#include "api/json_fields.hpp"
#include "api/migration_spec.hpp"

namespace lockkeeper::api {

/// Reads a spec, by the rules of the CRD: a stored resource may be older than a rule. Throws InvalidField, which names
/// the field and says what to write instead.
MigrationSpec spec_from_json(const Field& spec);

/// Reads what run_spec_to_json writes, by the same rules. The rest of the spec has its defaults.
MigrationSpec run_spec_from_json(const Field& spec);

}  // namespace lockkeeper::api
