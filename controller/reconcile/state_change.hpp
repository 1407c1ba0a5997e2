#pragma once

#include "api/migration_status.hpp"

#include <optional>
#include <string>

namespace lockkeeper::reconcile {

/// A change that a person is to hear of, as an Event.
struct StateChange {
    enum class Weight { Normal, Warning };
    Weight weight = Weight::Normal;
    std::string reason;   ///< that of the condition
    std::string message;  ///< that of Ready
};

/// What has changed from one status to the next. Nothing while the reason stays, whatever else is said: a count, a
/// place, a time. Nothing either for the look at the database that comes before everything: it is told once it is known
/// what it leads to, or that it waits for the lock, or that it takes long.
std::optional<StateChange> state_change(const api::MigrationStatus& before, const api::MigrationStatus& after);

}  // namespace lockkeeper::reconcile
