#pragma once

#include "migration/plan.hpp"

#include <optional>

namespace lockkeeper::migration {

/// Puts a script that an earlier run left in the middle at the head of a plan, to go on behind its last statement that
/// took effect. `back` is the step that goes back from it, where there is one.
///
/// Refuses with StatementInDoubt where the plan would pass it by, since what the database has of it is unfinished: it
/// has left the source, the goal lies below it, or a rollback that stopped in its middle may not go on. Refuses with
/// ChecksumMismatch where a statement was edited that has run already; those behind it may change.
void resume(Plan& plan, const AppliedScript& unfinished, std::optional<Step> back, const Goal& goal);

}  // namespace lockkeeper::migration
