#pragma once

#include "api/migration_spec.hpp"
#include "reconcile/job_plan.hpp"

#include <nlohmann/json_fwd.hpp>

namespace lockkeeper::reconcile {

/// The key of a run description in its ConfigMap, and the file's name in the pod.
constexpr auto description_key = "run.json";
/// The container whose log and termination message tell of the run.
constexpr auto runner_container = "runner";
/// The container that runs in an image that scripts are taken from.
constexpr auto source_container = "source";

/// The pod that runs a plan whose ConfigMaps are known. It meets the Pod Security Standard *restricted*, and has no
/// token of the API server.
nlohmann::json pod_spec(const api::MigrationSpec& spec, const JobPlan& plan, const RunnerImage& image);

}  // namespace lockkeeper::reconcile
