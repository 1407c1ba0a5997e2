#pragma once

#include "migration/failure.hpp"
#include "migration/foreign_history.hpp"
#include "migration/history.hpp"
#include "migration/script_set.hpp"
#include "migration/script_text.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace lockkeeper::migration {

/// May applied scripts be rolled back? A changed source alone never rolls back, whatever this says.
enum class Rollback { Forbid, Allow };

/// What a run may touch: everything that lies between the database and the goal, or only applied versions, to roll
/// back.
enum class Extent { ToGoal, RollBackNewest, RollBackAll };

/// May a script run that sorts before an applied one?
enum class OutOfOrder { Forbid, Allow };

/// Does what is not as it should be end the run before it begins, or is it only told?
enum class Severity { Warn, Fail };

/// What is one transaction: each script that can be one, or all of a run, or none.
enum class TransactionScope { Script, Run, None };

struct Policy {
    OutOfOrder out_of_order = OutOfOrder::Forbid;
    Severity checksum_mismatch = Severity::Fail;  ///< an applied script was edited
    Severity missing_scripts = Severity::Warn;    ///< an applied script is not in the source
};

/// Where a run goes, and what it may do on the way.
struct Goal {
    /// The version to end at. Unset: up to the newest script, and never down.
    std::optional<std::string> target;
    Rollback rollback = Rollback::Forbid;
    Extent extent = Extent::ToGoal;
    /// RollBackNewest: the version that was meant when it was first tried. Where another one is the newest by now, that
    /// attempt has succeeded though nobody heard so, and nothing is left to do.
    std::optional<std::string> newest{};
    Policy policy{};
    TransactionScope transaction = TransactionScope::Script;
    /// Scripts up to this version count as applied where the history is empty; elsewhere it means nothing.
    std::optional<std::string> baseline{};
    /// Where the history is empty, what this tool has applied counts as applied; elsewhere it means nothing.
    std::optional<Adopt> adopt{};
};

/// One script to run.
struct Step {
    Direction direction;
    Version version;
    std::string name;
    SourceFile script;  ///< a stored down script is named `0003_orders.down.sql (stored)`
    ScriptText text;
    Checksum checksum;
    std::optional<std::string> down_script;  ///< of an up step: what to store for its way back
    std::optional<Checksum> down_checksum;
    TransactionMode mode = TransactionMode::Automatic;
    /// True: one transaction holds the script and its history row. False: statement by statement, with a journal.
    bool transactional = true;
    std::optional<Journal> journal{};  ///< of an earlier run that ended in the middle of this script
};

/// A script whose work the database has although no run of ours did it: to be recorded, not to be run.
struct Record {
    Version version;
    std::string name;
    Checksum checksum;
    std::optional<std::string> down_script;  ///< what to store for its way back
    std::optional<Checksum> down_checksum;
    /// When it was applied, if that is known; else the time at which it is recorded.
    std::optional<std::chrono::system_clock::time_point> applied_at;
};

/// What the scripts and the history together ask for.
struct Plan {
    std::vector<Record> to_record;  ///< before any step runs, in one transaction
    std::string adopted_from{};     ///< the table that `to_record` was read from; empty for a baseline
    std::vector<Step> steps;
    std::vector<Version> pending;  ///< in the source, up to the target, and not in the database
    std::vector<Version> missing;  ///< in the database, not in the source
    std::vector<std::string> warnings;
    std::optional<Failure> refusal;  ///< set: nothing may run, and `steps` and `to_record` are empty
};

/// Pure: what to run so that a database with this history reaches the goal. `foreign` is what the goal's `adopt` has
/// found there, and counts where the history is empty.
///
/// Every script that is to run is split and checked here, so that the last one's unclosed quote is found before the
/// first one runs. Refuses with ChecksumMismatch (an applied script was edited), OutOfOrder (a pending script sorts
/// before an applied one), MissingScripts, all three as the goal's policy says; RollbackForbidden, MissingDownScript,
/// InvalidSource (no such target or baseline, an ambiguous one, a script that cannot run, or one that cannot be part of
/// the one transaction that the goal asks for), AdoptionRefused (see
/// adoption.hpp), StatementInDoubt (see resume.hpp). A script that an earlier run left in the middle comes first. An
/// applied script that is missing from the source is never a reason to roll back. A pending script with the checksum of
/// a missing applied one, or with its number and name, was renamed: it is refused as ChecksumMismatch rather than run
/// twice.
///
/// A repeatable script is pending whenever its checksum is not the recorded one. It runs behind all others, is no
/// version to aim at, and is never rolled back.
Plan make_plan(const ScriptSet& scripts, const History& history, const Goal& goal, const Foreign& foreign = {});

}  // namespace lockkeeper::migration
