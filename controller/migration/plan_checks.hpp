#pragma once

#include "migration/plan.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lockkeeper::migration {

/// The history's rows by version.
using Applied = std::map<std::string_view, const AppliedScript*>;

Failure refuse(FailureKind kind, std::string message, const std::string& version = {}, const std::string& file = {});

/// The row of the highest version; repeatable scripts have none.
const AppliedScript* newest(const History& history);

/// Holds a source against a history, by what the goal says of edited and missing scripts: sets the plan's refusal, or
/// adds warnings. Pending and missing versions are in the plan already.
void check_history(Plan& plan, const ScriptSet& scripts, const Applied& applied, const Goal& goal);

/// A pending script that sorts before an applied one.
std::optional<Failure> find_insertion(const ScriptSet& scripts, const Plan& plan, const History& history);

}  // namespace lockkeeper::migration
