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
/// 2. Job under way            follow it, whatever has changed meanwhile
/// 3. spec cannot be read      report InvalidSpec
/// 4. suspended                report Suspended, or keep Ready where the database is known to have every script
/// 5. source not found         report SourceNotFound; a change of a ConfigMap wakes us
/// 6. source invalid           report InvalidSource
/// 7. not the expected digest  report SourceDigestMismatch: a half-synced source never runs
/// 8. failed for good          nothing: the same script would fail again, until an input changes
/// 9. dependency cycle         report DependencyCycle
/// 10. settled                 keep Ready: of runs that are Jobs, the last one reached its goal on these inputs
/// 11. dependency not ready    report DependencyNotReady; nothing where the Migration itself is Ready
/// 12. retry not due           wait, unless an input changed
/// 13. otherwise               run
///
/// Of runs that are Jobs, rule 8 holds for every failure that a person has to act on: no Job is started to find it
/// again. Of runs in this process it holds for failures of a script that ran (ScriptFailed, LockLost) and is read from
/// the status alone, so that a restarted controller does not run the script again. Refusals that ran nothing
/// (ChecksumMismatch, PoolerDetected …) are looked at anew at every event and at a restart: that is harmless, and the
/// database or the Secret may have been put right, which no watch tells. A new value of the annotation
/// `lockkeeper.dev/requestedAt` is an input that changed.
Decision decide(const ObservedState& observed);

}  // namespace lockkeeper::reconcile
