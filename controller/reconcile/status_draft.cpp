#include "reconcile/status_draft.hpp"

#include "api/reasons.hpp"

namespace lockkeeper::reconcile {

using api::ConditionStatus;
namespace condition_type = api::condition_type;

StatusDraft::StatusDraft(const ObservedState& observed, std::chrono::system_clock::time_point now)
    : status_(observed.migration.status),
      generation_(observed.migration.metadata.generation),
      now_(std::chrono::floor<std::chrono::seconds>(now)) {
    // With other inputs the failures so far say nothing about the next try.
    if (inputs_changed(observed)) status_.failures = 0;
    status_.observed_generation = generation_;
    // While it is suspended a request waits, as everything does.
    const auto& request = observed.migration.metadata.requested_at;
    if (!request.empty() && !observed.migration.spec.suspend) status_.last_handled_request = request;
    status_.next_retry_time.reset();
    status_.lock.reset();
    status_.running.reset();
    if (const auto* found = std::get_if<SourceFound>(&observed.source)) {
        status_.source_digest = found->scripts.digest();
    }
}

StatusDraft::StatusDraft(api::MigrationStatus status, std::chrono::system_clock::time_point now)
    : status_(std::move(status)),
      generation_(status_.observed_generation),
      now_(std::chrono::floor<std::chrono::seconds>(now)) {}

void StatusDraft::up_to_date(const std::string& message) {
    set(condition_type::ready, ConditionStatus::True, api::reason::up_to_date, message);
    api::remove_condition(status_.conditions, condition_type::reconciling);
    api::remove_condition(status_.conditions, condition_type::stalled);
}

void StatusDraft::running(std::string_view reason, const std::string& message) {
    set(condition_type::ready, ConditionStatus::Unknown, api::reason::progressing, message);
    set(condition_type::reconciling, ConditionStatus::True, reason, message);
    api::remove_condition(status_.conditions, condition_type::stalled);
}

void StatusDraft::converging(std::string_view reason, const std::string& message) {
    set(condition_type::ready, ConditionStatus::False, reason, message);
    set(condition_type::reconciling, ConditionStatus::True, reason, message);
    api::remove_condition(status_.conditions, condition_type::stalled);
}

void StatusDraft::stalled(std::string_view reason, const std::string& message) {
    set(condition_type::ready, ConditionStatus::False, reason, message);
    set(condition_type::stalled, ConditionStatus::True, reason, message);
    api::remove_condition(status_.conditions, condition_type::reconciling);
}

void StatusDraft::suspended(const std::string& message) {
    set(condition_type::ready, ConditionStatus::False, api::reason::suspended, message);
    api::remove_condition(status_.conditions, condition_type::reconciling);
    api::remove_condition(status_.conditions, condition_type::stalled);
}

void StatusDraft::keep_ready() {
    for (auto& condition : status_.conditions) condition.observed_generation = generation_;
    api::remove_condition(status_.conditions, condition_type::reconciling);
    api::remove_condition(status_.conditions, condition_type::stalled);
}

void StatusDraft::set(std::string_view type, ConditionStatus status, std::string_view reason,
                      const std::string& message) {
    api::set_condition(status_.conditions,
                       {std::string(type), status, std::string(reason), message, generation_, now_});
}

}  // namespace lockkeeper::reconcile
