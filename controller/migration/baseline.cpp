#include "migration/baseline.hpp"

#include "migration/plan_checks.hpp"

#include <algorithm>

namespace lockkeeper::migration {

Record record_of(const Script& script) {
    Record record{script.version, script.name, script.up_checksum, {}, {}, {}};
    record.down_script = stored_way_back(script);
    record.down_checksum = script.down_checksum;
    return record;
}

Baseline baseline_of(const ScriptSet& scripts, const std::string& version) {
    const Version wanted(version);
    const auto* exact = scripts.find(version);
    const auto has_that_number = [&](const Script& script) {
        return !script.version.number().empty() &&
               compare_numbers(script.version.number(), version) == std::strong_ordering::equal;
    };
    const bool is_number = !version.empty() && wanted.number() == version;
    Baseline baseline;
    if (wanted.is_repeatable() ||
        (exact == nullptr && !(is_number && std::ranges::any_of(scripts.scripts(), has_that_number)))) {
        baseline.refusal =
            refuse(FailureKind::InvalidSource, "there is no script of the baseline version '" + version +
                                                   "'; name the last script whose work the database has already");
        return baseline;
    }
    for (const auto& script : scripts.scripts()) {
        if (script.version.is_repeatable()) continue;
        if (script.version <= wanted || (is_number && has_that_number(script)))
            baseline.records.push_back(record_of(script));
    }
    return baseline;
}

History history_with(const std::vector<Record>& records) {
    History history;
    history.reserve(records.size());
    for (const auto& record : records) {
        history.push_back({record.version,
                           record.name,
                           record.checksum,
                           record.down_script,
                           record.down_checksum,
                           record.applied_at.value_or(std::chrono::system_clock::time_point{}),
                           {}});
    }
    return history;
}

}  // namespace lockkeeper::migration
