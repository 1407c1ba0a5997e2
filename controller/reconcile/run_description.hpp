#pragma once

#include "api/migration_spec.hpp"

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lockkeeper::reconcile {

/// A text that is no run description, or one of a format that this version does not know. The message says so.
class InvalidRunDescription : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// What a Job's pod is told of its run, besides the scripts and the connection string: pinned when the Job is made, so
/// that an edit of the Migration does not reach a run that has begun. Holds no secret.
struct RunDescription {
    std::string subject;  ///< `<namespace>/<name>` of the Migration
    std::int64_t run = 0;
    std::optional<std::string> known_history_table{};
    /// What the scripts must amount to: others never run.
    std::optional<std::string> source_digest{};
    /// The part of it that run_spec_to_json keeps.
    api::MigrationSpec spec{};
};

/// JSON of one line, with the number of its format.
std::string to_text(const RunDescription& description);

/// Throws InvalidRunDescription.
RunDescription parse_run_description(std::string_view text);

}  // namespace lockkeeper::reconcile
