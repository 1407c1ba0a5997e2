#pragma once

#include "api/execution_spec.hpp"

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace lockkeeper::app {

/// What executes runs.
struct ExecutionOptions {
    std::vector<api::ExecutionMode> modes;
    std::string runner_image;       ///< of a Job's pod; without it there are no Jobs
    std::string image_pull_policy;  ///< empty: as Kubernetes has it by default

    bool allows(api::ExecutionMode mode) const;
};

/// The text of these options.
struct ExecutionTexts {
    std::vector<std::string> modes{"Job", "InProcess"};
    std::string runner_image;
    std::string image_pull_policy;
};

void describe_execution(CLI::App& command, ExecutionTexts& texts);

/// Throws WrongUsage.
ExecutionOptions read_execution(const ExecutionTexts& texts);

/// Why a Migration that asks for this mode is not run, and what to do.
std::string refusal_of(api::ExecutionMode mode, const ExecutionOptions& options);

}  // namespace lockkeeper::app
