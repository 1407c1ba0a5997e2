#pragma once

#include "migration/history.hpp"
#include "migration/script_set.hpp"

#include <optional>
#include <string>

namespace lockkeeper::migration {

/// Is a database at a version, or beyond it?
struct Reached {
    bool yes = false;
    std::optional<std::string> current{};  ///< the highest applied version; none where nothing is applied
    std::optional<std::string> lacking{};  ///< of the source's scripts up to the version the first that is not applied
};

/// `wanted` is a version, or a number, which is that of any script of that number. Without a source it is reached as
/// soon as an applied version is not before it; with one, as soon as every script of the source that is not behind it
/// is applied. Repeatable scripts, and one that stopped in its middle, do not count.
Reached reached(const History& history, const std::string& wanted, const ScriptSet* source);

/// The source has no such version, so it would never be reached. The message names the highest that there is.
std::optional<Failure> not_in_source(const std::string& wanted, const ScriptSet& source);

}  // namespace lockkeeper::migration
