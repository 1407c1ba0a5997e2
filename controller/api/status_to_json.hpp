#pragma once

#include "api/migration_status.hpp"

#include <nlohmann/json_fwd.hpp>

namespace lockkeeper::api {

/// The `status` as the API server stores it, with lists cut to their bounds.
nlohmann::json status_to_json(const MigrationStatus& status);

}  // namespace lockkeeper::api
