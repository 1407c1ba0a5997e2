#include "app/execution_options.hpp"

#include "app/choices.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace lockkeeper::app {

using api::ExecutionMode;

bool ExecutionOptions::allows(ExecutionMode mode) const {
    if (mode == ExecutionMode::Job && runner_image.empty()) return false;
    return std::ranges::find(modes, mode) != modes.end();
}

void describe_execution(CLI::App& command, ExecutionTexts& texts) {
    command
        .add_option("--execution-modes", texts.modes,
                    "what may execute Migrations: Job, InProcess, or both separated by a comma")
        ->delimiter(',')
        ->capture_default_str();
    command.add_option("--runner-image", texts.runner_image,
                       "image of the pods of Jobs, this program's own; without it no Migration runs as a Job");
    command.add_option("--runner-image-pull-policy", texts.image_pull_policy,
                       "Always, IfNotPresent or Never (default: as Kubernetes has it)");
}

ExecutionOptions read_execution(const ExecutionTexts& texts) {
    ExecutionOptions options;
    for (const auto& text : texts.modes) {
        options.modes.push_back(choose<ExecutionMode>(
            "--execution-modes", text, {{"Job", ExecutionMode::Job}, {"InProcess", ExecutionMode::InProcess}}));
    }
    options.runner_image = texts.runner_image;
    if (!texts.image_pull_policy.empty()) {
        const auto& policy = texts.image_pull_policy;
        options.image_pull_policy = choose<std::string>(
            "--runner-image-pull-policy", policy, {{"Always", policy}, {"IfNotPresent", policy}, {"Never", policy}});
    }
    return options;
}

std::string refusal_of(ExecutionMode mode, const ExecutionOptions& options) {
    if (mode == ExecutionMode::InProcess) {
        return "this controller runs no Migration in its own process (--execution-modes); write execution: {mode: Job}";
    }
    if (options.runner_image.empty()) {
        return "this controller has no image for Jobs (--runner-image); give it one, or write execution: {mode: "
               "InProcess}";
    }
    return "this controller runs no Migration as a Job (--execution-modes); write execution: {mode: InProcess}";
}

}  // namespace lockkeeper::app
