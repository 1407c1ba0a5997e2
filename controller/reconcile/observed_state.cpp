#include "reconcile/observed_state.hpp"

namespace lockkeeper::reconcile {

bool is_asked_for(const ObservedState& observed) {
    const auto& request = observed.migration.metadata.requested_at;
    return !request.empty() && request != observed.migration.status.last_handled_request;
}

bool inputs_changed(const ObservedState& observed) {
    const auto& status = observed.migration.status;
    if (status.observed_generation != observed.migration.metadata.generation) return true;
    if (is_asked_for(observed)) return true;
    const auto* found = std::get_if<SourceFound>(&observed.source);
    return found != nullptr && status.source_digest != found->scripts.digest();
}

bool is_expected_up_to_date(const ObservedState& observed) {
    return api::is_true(observed.migration.status.conditions, api::condition_type::ready) && !inputs_changed(observed);
}

}  // namespace lockkeeper::reconcile
