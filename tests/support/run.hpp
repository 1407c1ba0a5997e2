#pragma once

#include "engine/migrator.hpp"
#include "migration/script_set.hpp"
#include "support/temporary_database.hpp"

#include <string>
#include <vector>

namespace lockkeeper::tests {

using Files = std::vector<migration::SourceFile>;

/// One run of the engine against a test's database, with the system's clock.
migration::RunReport migrate(const TemporaryDatabase& database, Files files, const migration::Goal& goal = {},
                             engine::Migrator::Options options = {});

/// A failed run as one line: `ScriptFailed 42P01 0002_b.up.sql:3:5 #2`; `done` for a run that reached its goal.
std::string outcome_of(const migration::RunReport& report);

}  // namespace lockkeeper::tests
