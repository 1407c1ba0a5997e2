#pragma once

#include "api/json_fields.hpp"
#include "api/migration_spec.hpp"

namespace lockkeeper::api {

/// `spec.database`. Throws InvalidField with the path of the field and what to write instead.
void read_database(const Field& field, MigrationSpec& into);

}  // namespace lockkeeper::api
