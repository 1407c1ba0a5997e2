#pragma once

#include "api/json_fields.hpp"
#include "api/migration_status.hpp"

namespace lockkeeper::api {

/// Reads a status as far as it can be read; what cannot be counts as not there.
MigrationStatus status_from_json(const Field& status);

}  // namespace lockkeeper::api
