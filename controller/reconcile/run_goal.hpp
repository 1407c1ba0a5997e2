#pragma once

#include "api/migration_spec.hpp"
#include "migration/plan.hpp"

namespace lockkeeper::reconcile {

/// What a run of this spec aims at, and may do on the way.
migration::Goal run_goal(const api::MigrationSpec& spec);

}  // namespace lockkeeper::reconcile
