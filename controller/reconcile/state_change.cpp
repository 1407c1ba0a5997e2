#include "reconcile/state_change.hpp"

#include "api/reasons.hpp"

namespace lockkeeper::reconcile {
namespace {

/// Why Ready is what it is; nothing where that is not known yet.
std::optional<std::string> state_of(const api::MigrationStatus& status) {
    const auto* ready = api::find_condition(status.conditions, api::condition_type::ready);
    if (ready == nullptr) return std::nullopt;
    if (ready->status != api::ConditionStatus::Unknown) return ready->reason;
    if (status.lock) return std::string(api::reason::waiting_for_lock);
    if (status.running) return std::string(api::reason::migrating);
    return std::nullopt;
}

/// Is it as it should be, or as somebody wanted it?
bool is_well(const api::Condition& ready) {
    return ready.status != api::ConditionStatus::False || ready.reason == api::reason::suspended ||
           ready.reason == api::reason::dependency_not_ready || ready.reason == api::reason::terminating;
}

}  // namespace

std::optional<StateChange> state_change(const api::MigrationStatus& before, const api::MigrationStatus& after) {
    auto state = state_of(after);
    if (!state || state == state_of(before)) return std::nullopt;
    const auto& ready = *api::find_condition(after.conditions, api::condition_type::ready);
    const auto weight = is_well(ready) ? StateChange::Weight::Normal : StateChange::Weight::Warning;
    return StateChange{weight, std::move(*state), ready.message};
}

}  // namespace lockkeeper::reconcile
