#pragma once

#include "engine/advisory_lock.hpp"
#include "migration/run_report.hpp"

#include <nlohmann/json.hpp>

namespace lockkeeper::app {

/// What `--output json` prints; its shape is documented in docs/cli.md.
nlohmann::json to_json(const migration::RunReport& report);
nlohmann::json to_json(const migration::Failure& failure);

}  // namespace lockkeeper::app
