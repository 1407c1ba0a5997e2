#pragma once

#include "api/boxed.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace lockkeeper::api {

enum class ExecutionMode {
    Job,        ///< a batch/v1 Job in the Migration's own namespace
    InProcess,  ///< a worker of the controller
};

/// What a user adds to the pod of a Job. The API server has checked it by the CRD, and what the controller only hands
/// on is kept as JSON text, empty where nothing is given.
struct JobSpec {
    std::optional<std::string> service_account_name;
    std::optional<std::string> priority_class_name;
    std::map<std::string, std::string> labels;
    std::map<std::string, std::string> annotations;
    std::map<std::string, std::string> node_selector;
    std::string resources;
    std::string tolerations;
    std::string affinity;
    std::string image_pull_secrets;
    std::string env;
    /// How long a Job that has ended is kept, with its log.
    std::chrono::milliseconds ttl_after_finished{3'600'000};
};

struct ExecutionSpec {
    ExecutionMode mode = ExecutionMode::Job;
    std::chrono::milliseconds timeout{3'600'000};  ///< of a whole run; zero is no limit
    Boxed<JobSpec> job;                            ///< absent: nothing is added
};

}  // namespace lockkeeper::api
