#include "migration/reached.hpp"

#include <algorithm>
#include <compare>

namespace lockkeeper::migration {
namespace {

bool is_number(const std::string& wanted) {
    return !wanted.empty() && Version(wanted).number() == wanted;
}

/// By its number alone where that is all that is wanted: two scripts of one number are the same to it.
std::strong_ordering compare(const Version& version, const std::string& wanted) {
    if (is_number(wanted)) return compare_numbers(version.number(), wanted);
    return version <=> Version(wanted);
}

}  // namespace

Reached reached(const History& history, const std::string& wanted, const ScriptSet* source) {
    Reached result;
    std::vector<Version> applied;
    for (const auto& row : history) {
        if (!row.journal && !row.version.is_repeatable()) applied.push_back(row.version);
    }
    if (const auto highest = std::ranges::max_element(applied); highest != applied.end()) {
        result.current = highest->text();
        result.yes = std::is_gteq(compare(*highest, wanted));
    }
    if (source == nullptr) return result;
    for (const auto& script : source->scripts()) {
        if (script.version.is_repeatable() || std::is_gt(compare(script.version, wanted))) continue;
        if (std::ranges::find(applied, script.version) != applied.end()) continue;
        result.yes = false;
        result.lacking = script.version.text();
        break;
    }
    return result;
}

std::optional<Failure> not_in_source(const std::string& wanted, const ScriptSet& source) {
    std::optional<std::string> highest;
    for (const auto& script : source.scripts()) {
        if (script.version.is_repeatable()) continue;
        if (script.version.text() == wanted || (is_number(wanted) && std::is_eq(compare(script.version, wanted))))
            return {};
        highest = script.version.text();
    }
    Failure failure;
    failure.kind = FailureKind::InvalidSource;
    failure.message = "the source has no version '" + wanted + "'; " +
                      (highest ? "its highest is " + *highest : std::string("it holds no script"));
    return failure;
}

}  // namespace lockkeeper::migration
