#include "migration/target.hpp"

#include "migration/plan_checks.hpp"

#include <algorithm>

namespace lockkeeper::migration {

Target find_target(const ScriptSet& scripts, const History& history, const std::string& text) {
    std::vector<Version> known;
    for (const auto& script : scripts.scripts()) known.push_back(script.version);
    for (const auto& row : history) known.push_back(row.version);
    std::erase_if(known, [](const Version& version) { return version.is_repeatable(); });
    std::ranges::sort(known);
    known.erase(std::unique(known.begin(), known.end()), known.end());
    if (std::ranges::find(known, Version(text)) != known.end()) return {Version(text), std::nullopt};

    const Version wanted(text);
    std::vector<Version> same_number;
    if (wanted.number() == text) {
        std::ranges::copy_if(known, std::back_inserter(same_number), [&](const Version& version) {
            return compare_numbers(version.number(), text) == std::strong_ordering::equal && !version.number().empty();
        });
    }
    if (same_number.size() == 1) return {same_number.front(), std::nullopt};
    if (same_number.empty()) {
        return {std::nullopt, refuse(FailureKind::InvalidSource,
                                     "there is no script of the target version '" + text + "'" +
                                         (known.empty() ? "" : "; the newest is '" + known.back().text() + "'"))};
    }
    return {std::nullopt, refuse(FailureKind::InvalidSource, "the target version '" + text + "' is the number of '" +
                                                                 same_number[0].text() + "' and of '" +
                                                                 same_number[1].text() + "'; write the whole name")};
}

bool lies_beyond(const Version& version, const Version& target, const ScriptSet& scripts) {
    if (!version.is_repeatable()) return version > target;
    return std::ranges::any_of(scripts.scripts(), [&](const Script& script) {
        return !script.version.is_repeatable() && script.version > target;
    });
}

}  // namespace lockkeeper::migration
