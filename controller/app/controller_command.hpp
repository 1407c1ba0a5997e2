#pragma once

#include "app/exit_code.hpp"
#include "app/options.hpp"

#include <stop_token>

namespace lockkeeper::app {

/// `lockkeeper controller`: reconciles Migrations until a stop is requested. Throws kube::InvalidClientConfig.
ExitCode run_controller(const ControllerOptions& options, const std::stop_token& stop);

}  // namespace lockkeeper::app
