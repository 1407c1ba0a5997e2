#pragma once

#include "api/migration_status.hpp"
#include "migration/plan.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace lockkeeper::reconcile {

/// The status says all there is to say, and only a changed input or a deletion is of interest.
struct Nothing {};

/// A retry is scheduled and not due.
struct Wait {
    std::chrono::system_clock::time_point until;
};

/// What a report leads a person, and kstatus, to expect.
enum class Outlook {
    HealsByItself,  ///< Reconciling: something that is on its way is missing
    NeedsAPerson,   ///< Stalled
    Suspended,      ///< neither
};

/// Nothing may run, and the status says why.
struct Report {
    Outlook outlook = Outlook::NeedsAPerson;
    std::string reason;
    std::string message;
    std::optional<api::ErrorDetails> error;
};

/// Suspended, and the database has every script: Ready stays what it is, and the status takes note of the generation.
struct Keep {};

/// Ask the database, and run what it lacks. Where nothing is pending, this only looks.
struct Run {
    migration::Goal goal;
};

/// A Job is under way: look what has become of it.
struct Follow {};

using Action = std::variant<Nothing, Wait, Report, Keep, Run, Follow>;

}  // namespace lockkeeper::reconcile
