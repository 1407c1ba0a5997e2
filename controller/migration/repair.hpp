#pragma once

#include "migration/failure.hpp"
#include "migration/history.hpp"
#include "migration/script_set.hpp"

#include <optional>
#include <string>
#include <vector>

namespace lockkeeper::migration {

/// What a person knows, and a runner must not guess.
struct Repair {
    enum class Kind {
        AcceptEdit,       ///< the script was edited after it was applied, and the database is as it should be
        Rename,           ///< the script has another name now: `version` has become `renamed_to`
        LayoutChanged,    ///< every missing script whose number and name the source has is that one (no `version`)
        StatementDone,    ///< the statement in doubt has taken effect
        StatementUndone,  ///< it has not
        Forget,           ///< the database has nothing of this version any more: its row goes
    };
    Kind kind = Kind::AcceptEdit;
    std::string version;
    std::string renamed_to{};
};

/// A row of the history as it is to be, under the version that it has now; without a row it is to go.
struct RowChange {
    Version version;
    std::optional<AppliedScript> row;
};

/// The changes that repairs come to, or why one of them cannot be: nothing is changed then.
struct RepairPlan {
    std::vector<RowChange> changes;
    std::optional<Failure> refusal;  ///< kind InvalidSource
};

/// Pure. Refuses a version that the history or the source does not have, an edit of a script that was not edited, a
/// rename to a version that is applied already, and a statement in doubt where none is. A rename keeps the text
/// (SameText) unless an AcceptEdit of the new version stands beside it.
RepairPlan plan_repair(const ScriptSet& scripts, const History& history, const std::vector<Repair>& repairs);

}  // namespace lockkeeper::migration
