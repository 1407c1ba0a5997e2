#pragma once

#include "engine/migrator.hpp"
#include "migration/run_report.hpp"

#include <nlohmann/json.hpp>

namespace lockkeeper::app {

/// What `--output json` prints; its shape is documented in docs/cli.md.
nlohmann::json to_json(const migration::RunReport& report);
nlohmann::json to_json(const migration::Failure& failure);
/// The same with `plan`: what a run would record and do.
nlohmann::json to_json(const engine::Migrator::Inspection& inspection);

}  // namespace lockkeeper::app
