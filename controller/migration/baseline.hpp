#pragma once

#include "migration/plan.hpp"

#include <optional>
#include <string>
#include <vector>

namespace lockkeeper::migration {

/// The scripts that count as applied in a database whose history is empty.
struct Baseline {
    std::vector<Record> records;
    std::optional<Failure> refusal;  ///< InvalidSource: the source has no script of that version
};

/// All scripts up to a version: a whole one, or a number, which takes in every script of that number. Repeatable
/// scripts are not among them: they run.
Baseline baseline_of(const ScriptSet& scripts, const std::string& version);

/// The row of a script that is not run.
Record record_of(const Script& script);

/// A history as if it held these rows.
History history_with(const std::vector<Record>& records);

}  // namespace lockkeeper::migration
