#pragma once

#include "migration/plan.hpp"

#include <optional>
#include <string>

namespace lockkeeper::migration {

/// The version that a target means: one of that very text, or the only one of that number.
struct Target {
    std::optional<Version> version;
    std::optional<Failure> refusal;  ///< InvalidSource: there is none, or it is ambiguous
};

/// Among the versions of source and history; repeatable scripts are none to aim at.
Target find_target(const ScriptSet& scripts, const History& history, const std::string& text);

/// Is a version out of a target's reach? Repeatable scripts are written for the newest schema, and so run only where
/// the target is the newest script of the source.
bool lies_beyond(const Version& version, const Version& target, const ScriptSet& scripts);

}  // namespace lockkeeper::migration
