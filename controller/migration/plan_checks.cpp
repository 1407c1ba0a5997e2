#include "migration/plan_checks.hpp"

#include "migration/adoption.hpp"
#include "migration/same_text.hpp"

#include <algorithm>

namespace lockkeeper::migration {
namespace {

/// `'a.sql'`, or `'a.sql' and 3 more`.
std::string first_of(const std::string& first, std::size_t count) {
    return "'" + first + "'" + (count > 1 ? " and " + std::to_string(count - 1) + " more" : "");
}

void check_edits(Plan& plan, const ScriptSet& scripts, const Applied& applied, Severity severity) {
    const Script* first = nullptr;
    std::size_t count = 0;
    for (const auto& script : scripts.scripts()) {
        const auto row = applied.find(script.version.text());
        if (row == applied.end() || script.version.is_repeatable()) continue;
        if (is_checksum_of(row->second->checksum, script)) continue;
        if (count++ == 0) first = &script;
    }
    if (first == nullptr) return;
    const auto what = first_of(first->up.name, count) + (count == 1 ? " was" : " were") + " edited after " +
                      (count == 1 ? "it was" : "they were") + " applied";
    if (severity == Severity::Warn) {
        // Before what is said of files that are no scripts, since a status shows the first warning only.
        plan.warnings.insert(plan.warnings.begin(), what + "; the database has the old text");
        return;
    }
    plan.refusal = refuse(FailureKind::ChecksumMismatch, what + "; undo the edit and write a new script",
                          first->version.text(), first->up.name);
}

void check_missing(Plan& plan, const Goal& goal) {
    if (goal.policy.missing_scripts == Severity::Warn || goal.extent != Extent::ToGoal || plan.missing.empty()) return;
    const auto& first = plan.missing.front();
    plan.refusal =
        refuse(FailureKind::MissingScripts,
               first_of(first.text(), plan.missing.size()) +
                   " is applied and not in the source; put it back, or let missing scripts be a warning only",
               first.text());
}

/// Was the row adopted from a tool that knows numbers alone, and is this the number?
bool is_adopted_number(const Script& script, const AppliedScript& row) {
    return row.checksum == unknown_checksum && row.version.number() == row.version.text() &&
           compare_numbers(script.version.number(), row.version.number()) == std::strong_ordering::equal;
}

std::optional<Failure> find_rename(const ScriptSet& scripts, const Plan& plan, const Applied& applied) {
    if (plan.missing.empty()) return std::nullopt;
    for (const auto& pending : plan.pending) {
        if (pending.is_repeatable()) continue;
        const auto* script = scripts.find(pending.text());
        const SameText text(*script);
        for (const auto& missing : plan.missing) {
            const auto& row = *applied.at(missing.text());
            if (same_number_and_name(*script, row)) {
                return refuse(FailureKind::ChecksumMismatch,
                              "'" + script->up.name + "' has version " + pending.text() + " by the layout " +
                                  std::string(to_string(scripts.layout())) + ", and was applied as " + missing.text() +
                                  "; running it again is not safe, so name the layout and the file as they were, or, "
                                  "if the layout has changed, say 'lockkeeper migrate repair --layout-changed'",
                              pending.text(), script->up.name);
            }
            if (row.checksum != unknown_checksum && text.is_of(row.checksum)) {
                return refuse(FailureKind::ChecksumMismatch,
                              "'" + script->up.name + "' is the applied " + missing.text() +
                                  " under another name, and running it again is not safe; give it its old name back",
                              pending.text(), script->up.name);
            }
            if (is_adopted_number(*script, row)) {
                return refuse(FailureKind::ChecksumMismatch,
                              "'" + script->up.name + "' has the number of " + missing.text() +
                                  ", which another tool had applied when its history was adopted; if it is that "
                                  "script, say 'lockkeeper migrate repair --rename " +
                                  missing.text() + "=" + pending.text() + "', and else give it another number",
                              pending.text(), script->up.name);
            }
        }
    }
    return std::nullopt;
}

}  // namespace

Failure refuse(FailureKind kind, std::string message, const std::string& version, const std::string& file) {
    Failure failure;
    failure.kind = kind;
    failure.message = std::move(message);
    failure.version = version;
    failure.file = file;
    return failure;
}

const AppliedScript* newest(const History& history) {
    const AppliedScript* last = nullptr;
    for (const auto& row : history) {
        if (!row.version.is_repeatable() && (last == nullptr || row.version > last->version)) last = &row;
    }
    return last;
}

void check_history(Plan& plan, const ScriptSet& scripts, const Applied& applied, const Goal& goal) {
    check_edits(plan, scripts, applied, goal.policy.checksum_mismatch);
    if (!plan.refusal) plan.refusal = find_rename(scripts, plan, applied);
    if (!plan.refusal) check_missing(plan, goal);
}

std::optional<Failure> find_insertion(const ScriptSet& scripts, const Plan& plan, const History& history) {
    const auto* last = newest(history);
    if (last == nullptr || plan.pending.empty() || plan.pending.front() > last->version) return std::nullopt;
    const auto& inserted = plan.pending.front();
    return refuse(FailureKind::OutOfOrder,
                  "'" + scripts.find(inserted.text())->up.name + "' sorts before " + last->version.text() +
                      ", which is applied already; give it a higher number",
                  inserted.text(), scripts.find(inserted.text())->up.name);
}

}  // namespace lockkeeper::migration
