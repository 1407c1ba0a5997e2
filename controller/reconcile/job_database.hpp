#pragma once

#include "api/migration_spec.hpp"

#include <nlohmann/json_fwd.hpp>

namespace lockkeeper::reconcile {

/// Gives a Job's container and its pod what `lockkeeper run` needs to reach the database of a spec: variables, and
/// files of Secrets where certificates are asked for. The controller sees none of these Secrets.
void add_database(const api::MigrationSpec& spec, nlohmann::json& container, nlohmann::json& pod);

/// What of a spec says which database it is, and how it is reached.
nlohmann::json database_inputs(const api::MigrationSpec& spec);

}  // namespace lockkeeper::reconcile
