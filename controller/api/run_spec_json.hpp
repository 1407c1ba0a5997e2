#pragma once

#include "api/migration_spec.hpp"

#include <nlohmann/json_fwd.hpp>

namespace lockkeeper::api {

/// What the run of a spec does to its database: layout, goal, policies, history, locks, session and transaction, in the
/// form of the CRD, to be read by run_spec_from_json. Neither the database nor the source nor what executes the run.
///
/// What has its default is left out: a spec has the same text under a version that knows more fields.
nlohmann::json run_spec_to_json(const MigrationSpec& spec);

}  // namespace lockkeeper::api
