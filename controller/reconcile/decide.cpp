#include "reconcile/decide.hpp"

#include "api/reasons.hpp"
#include "migration/failure.hpp"
#include "migration/target.hpp"
#include "migration/version.hpp"
#include "reconcile/job_status.hpp"
#include "reconcile/run_goal.hpp"
#include "reconcile/wording.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace lockkeeper::reconcile {
namespace {

using migration::FailureKind;
using migration::Version;

using Verdict = std::optional<Action>;

struct Rule {
    std::string_view name;
    Verdict (*apply)(const ObservedState&);
};

Report report(Outlook outlook, std::string_view reason, std::string message) {
    return {outlook, std::string(reason), std::move(message), std::nullopt};
}

Verdict deleted(const ObservedState& observed) {
    if (!observed.migration.metadata.deletion_timestamp) return std::nullopt;
    return Nothing{};
}

Verdict job_under_way(const ObservedState& observed) {
    if (!job_is_under_way(observed.migration.status)) return std::nullopt;
    return Follow{};
}

Verdict spec_cannot_be_read(const ObservedState& observed) {
    const auto& invalid = observed.migration.invalid_spec;
    if (!invalid) return std::nullopt;
    return report(Outlook::NeedsAPerson, api::reason::invalid_spec, invalid->message);
}

bool is_target(const Version& version, const std::string& target) {
    if (version.text() == target) return true;
    return Version(target).number() == target && !version.number().empty() &&
           migration::compare_numbers(version.number(), target) == std::strong_ordering::equal;
}

/// How many scripts a run is to end with, if the target can be told: none or one that the source has.
std::optional<std::size_t> wanted_scripts(const ObservedState& observed, const migration::ScriptSet& scripts) {
    const auto& target = observed.migration.spec.target_version;
    if (!target) return scripts.scripts().size();
    // The status tells which of two scripts of one number was meant: the one that the database ended at.
    const auto* script = scripts.find(observed.migration.status.current_version.value_or(""));
    if (script == nullptr || !is_target(script->version, *target)) return std::nullopt;
    return std::ranges::count_if(scripts.scripts(), [&](const migration::Script& other) {
        return !migration::lies_beyond(other.version, script->version, scripts);
    });
}

/// Is nothing pending, by what is known without asking the database? True only of the very source that it was held
/// against, and of counts, since the status does not list every script.
bool has_every_script(const ObservedState& observed) {
    const auto& status = observed.migration.status;
    const auto* found = std::get_if<SourceFound>(&observed.source);
    if (found == nullptr || status.source_digest != found->scripts.digest()) return false;
    if (!api::is_true(status.conditions, api::condition_type::ready)) return false;
    if (!status.applied_count || !status.missing_count) return false;
    return wanted_scripts(observed, found->scripts) == *status.applied_count - *status.missing_count;
}

bool runs_as_job(const ObservedState& observed) {
    return observed.migration.spec.execution.mode == api::ExecutionMode::Job;
}

Verdict suspended_with_every_script(const ObservedState& observed) {
    if (!observed.migration.spec.suspend) return std::nullopt;
    const bool has_all = has_every_script(observed) || (runs_as_job(observed) && is_settled(observed));
    if (!has_all) return std::nullopt;
    return Keep{};
}

Verdict suspended(const ObservedState& observed) {
    if (!observed.migration.spec.suspend) return std::nullopt;
    return report(Outlook::Suspended, api::reason::suspended,
                  "suspended; what is pending runs once spec.suspend is false again");
}

Verdict source_not_found(const ObservedState& observed) {
    const auto* source = std::get_if<SourceNotFound>(&observed.source);
    if (source == nullptr) return std::nullopt;
    std::string names;
    for (const auto& name : source->config_maps) names += (names.empty() ? "'" : ", '") + name + "'";
    const bool one = source->config_maps.size() == 1;
    return report(Outlook::HealsByItself, api::reason::source_not_found,
                  "waiting for ConfigMap" + std::string(one ? " " : "s ") + names + ", which " + (one ? "is" : "are") +
                      " not in this namespace");
}

Verdict source_invalid(const ObservedState& observed) {
    const auto* source = std::get_if<SourceInvalid>(&observed.source);
    if (source == nullptr) return std::nullopt;
    migration::Failure failure;
    failure.message = source->message;
    failure.file = source->file;
    failure.line = source->line;
    failure.column = source->column;
    auto invalid = report(Outlook::NeedsAPerson, api::reason::invalid_source, describe_failure(failure));
    api::ErrorDetails error;
    error.message = source->message;
    error.file = source->file;
    error.line = source->line;
    error.column = source->column;
    invalid.error = std::move(error);
    return invalid;
}

Verdict not_the_expected_digest(const ObservedState& observed) {
    const auto& source = observed.migration.spec.source;
    const auto* found = std::get_if<SourceFound>(&observed.source);
    if (found == nullptr) return std::nullopt;
    const auto& actual = found->scripts.digest();
    const auto expected = source.expected_digest.value_or(actual);
    if (actual == expected) return std::nullopt;
    const auto digests = "the source is " + actual + " and spec.source.expectedDigest is " + expected;
    if (std::holds_alternative<api::InlineSource>(source.from)) {
        // Both stand in the same resource, so nothing that is still on its way can make them agree.
        return report(Outlook::NeedsAPerson, api::reason::source_digest_mismatch, digests + "; correct one of them");
    }
    return report(Outlook::HealsByItself, api::reason::source_digest_mismatch,
                  digests + "; waiting for the ConfigMaps");
}

/// Did a script run and fail, so that trying once more would run it once more?
bool ran_and_failed(std::string_view reason) {
    return reason == to_string(FailureKind::ScriptFailed) || reason == to_string(FailureKind::LockLost);
}

Verdict failed_for_good(const ObservedState& observed) {
    const auto* stalled = api::find_condition(observed.migration.status.conditions, api::condition_type::stalled);
    if (stalled == nullptr || stalled->status != api::ConditionStatus::True) return std::nullopt;
    const bool looks_again = !runs_as_job(observed) && !ran_and_failed(stalled->reason);
    if (looks_again || inputs_changed(observed)) return std::nullopt;
    return Nothing{};
}

Verdict dependency_cycle(const ObservedState& observed) {
    const auto& cycle = observed.dependencies.cycle;
    if (cycle.empty()) return std::nullopt;
    return report(Outlook::NeedsAPerson, api::reason::dependency_cycle,
                  "spec.dependsOn goes in a circle: " + describe_cycle(cycle) + "; take one of them out");
}

Verdict dependency_not_ready(const ObservedState& observed) {
    const auto& unready = observed.dependencies.unready;
    if (unready.empty()) return std::nullopt;
    // What runs next waits for them; what they come to does not undo what has run.
    if (is_expected_up_to_date(observed)) return Nothing{};
    return report(Outlook::HealsByItself, api::reason::dependency_not_ready,
                  "waiting for Migration" + std::string(unready.size() == 1 ? " " : "s ") + describe_unready(unready) +
                      "; spec.dependsOn names " + (unready.size() == 1 ? "it" : "them"));
}

Verdict retry_not_due(const ObservedState& observed) {
    const auto& due = observed.migration.status.next_retry_time;
    if (!due || *due <= observed.now || inputs_changed(observed)) return std::nullopt;
    // A time beyond the longest delay was written by a clock that disagrees with ours.
    if (*due - observed.now > observed.migration.spec.retry.max_delay) return std::nullopt;
    return Wait{*due};
}

Verdict settled(const ObservedState& observed) {
    if (!runs_as_job(observed) || !is_settled(observed) || is_asked_for(observed)) return std::nullopt;
    if (until_next_job(observed) == std::chrono::milliseconds(0)) return std::nullopt;
    return Keep{};
}

Verdict run(const ObservedState& observed) {
    return Run{run_goal(observed.migration.spec)};
}

/// Most urgent first; the last one always applies.
constexpr std::array<Rule, 14> rules{{
    {"deleted", deleted},
    {"job under way", job_under_way},
    {"spec cannot be read", spec_cannot_be_read},
    {"suspended with every script applied", suspended_with_every_script},
    {"suspended", suspended},
    {"source not found", source_not_found},
    {"source invalid", source_invalid},
    {"not the expected digest", not_the_expected_digest},
    {"failed for good", failed_for_good},
    {"dependency cycle", dependency_cycle},
    {"settled", settled},
    {"dependency not ready", dependency_not_ready},
    {"retry not due", retry_not_due},
    {"run", run},
}};

}  // namespace

Decision decide(const ObservedState& observed) {
    for (const auto& rule : rules) {
        if (auto action = rule.apply(observed)) return {rule.name, std::move(*action)};
    }
    return {"nothing applies", Nothing{}};
}

}  // namespace lockkeeper::reconcile
