#pragma once

#include "reconcile/action.hpp"
#include "reconcile/observed_state.hpp"

#include <string_view>

namespace lockkeeper::reconcile {

/// What to do, and the rule that said so, for the log.
struct Decision {
    std::string_view rule;
    Action action;
};

/// Pure and total: what to do about a Migration now. The first of these rules that applies decides:
///
/// 1. deleted                  nothing; deleting a Migration leaves the database as it is
/// 2. spec cannot be read      report InvalidSpec
/// 3. suspended                report Suspended, or keep Ready where the database is known to have every script
/// 4. source not found         report SourceNotFound; a change of a ConfigMap wakes us
/// 5. source invalid           report InvalidSource
/// 6. not the expected digest  report SourceDigestMismatch: a half-synced source never runs
/// 7. failed for good          nothing: the same script would fail again, until an input changes
/// 8. retry not due            wait, unless an input changed
/// 9. otherwise                run
///
/// Rule 7 holds for failures of a script that ran (ScriptFailed, LockLost) and is read from the status alone, so that a
/// restarted controller does not run the script again. Refusals that ran nothing (ChecksumMismatch, PoolerDetected …)
/// are looked at anew at every event and at a restart: that is harmless, and the database or the Secret may have been
/// put right, which no watch tells.
Decision decide(const ObservedState& observed);

}  // namespace lockkeeper::reconcile
