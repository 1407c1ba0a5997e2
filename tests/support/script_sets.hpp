#pragma once

#include "migration/script_set.hpp"

#include <string>
#include <vector>

namespace lockkeeper::tests {

/// What is wrong with a source, as `file:line: message` (without a line where the whole file is meant); `accepted`.
inline std::string refusal_of(std::vector<migration::SourceFile> files,
                              migration::Layout layout = migration::Layout::Auto) {
    try {
        migration::ScriptSet::read(std::move(files), layout);
    } catch (const migration::InvalidSource& error) {
        return error.file() + (error.line() > 0 ? ":" + std::to_string(error.line()) : "") + ": " + error.what();
    }
    return "accepted";
}

inline std::vector<std::string> versions_of(const migration::ScriptSet& set) {
    std::vector<std::string> versions;
    for (const auto& script : set.scripts()) versions.push_back(script.version.text());
    return versions;
}

}  // namespace lockkeeper::tests
