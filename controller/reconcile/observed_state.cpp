#include "reconcile/observed_state.hpp"

namespace lockkeeper::reconcile {

bool inputs_changed(const ObservedState& observed) {
    const auto& status = observed.migration.status;
    if (status.observed_generation != observed.migration.metadata.generation) return true;
    const auto* found = std::get_if<SourceFound>(&observed.source);
    return found != nullptr && status.source_digest != found->scripts.digest();
}

}  // namespace lockkeeper::reconcile
