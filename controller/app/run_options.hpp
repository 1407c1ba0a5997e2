#pragma once

#include "api/migration_spec.hpp"
#include "engine/migrator.hpp"

#include <optional>
#include <string>

namespace lockkeeper::app {

/// How the engine runs a Migration, wherever it does: `subject` is its `<namespace>/<name>`, and the table the one that
/// its history was in at an earlier run.
engine::Migrator::Options run_options(const api::MigrationSpec& spec, std::string subject,
                                      std::optional<std::string> known_history_table);

/// A connection string from a Secret or a file, without the white space around it: either often ends in a line break.
std::string_view trimmed_url(std::string_view text);

}  // namespace lockkeeper::app
