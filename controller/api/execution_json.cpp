#include "api/execution_json.hpp"

#include <cstddef>
#include <utility>

namespace lockkeeper::api {
namespace {

std::map<std::string, std::string> texts_of(const Field& field) {
    return field.is_there() ? field.texts() : std::map<std::string, std::string>();
}

std::string object_text(const Field& field) {
    return field.is_there() ? field.object().dump() : std::string();
}

std::string list_text(const Field& field) {
    return field.is_there() ? field.array().dump() : std::string();
}

JobSpec job_from_json(const Field& field) {
    JobSpec job;
    job.service_account_name = optional_text(field["serviceAccountName"]);
    job.priority_class_name = optional_text(field["priorityClassName"]);
    job.labels = texts_of(field["labels"]);
    job.annotations = texts_of(field["annotations"]);
    job.node_selector = texts_of(field["nodeSelector"]);
    job.resources = object_text(field["resources"]);
    job.tolerations = list_text(field["tolerations"]);
    job.affinity = object_text(field["affinity"]);
    job.image_pull_secrets = list_text(field["imagePullSecrets"]);
    job.env = list_text(field["env"]);
    read(field["ttlAfterFinished"], job.ttl_after_finished);
    return job;
}

/// The API server fills in the time to live, also where nobody has given anything.
bool adds_something(const Field& field, const JobSpec& job) {
    const std::size_t filled_in = field["ttlAfterFinished"].is_there() ? 1 : 0;
    return field.object().size() > filled_in || job.ttl_after_finished != JobSpec().ttl_after_finished;
}

ExecutionMode mode_of(const Field& field) {
    if (!field.is_there() || field.text() == "Job") return ExecutionMode::Job;
    if (field.text() == "InProcess") return ExecutionMode::InProcess;
    throw InvalidField(field.path(), "write Job or InProcess");
}

}  // namespace

ExecutionSpec execution_from_json(const Field& field) {
    ExecutionSpec execution;
    execution.mode = mode_of(field["mode"]);
    read(field["timeout"], execution.timeout);
    if (const auto given = field["job"]; given.is_there()) {
        auto job = job_from_json(given);
        if (adds_something(given, job)) execution.job = std::move(job);
    }
    return execution;
}

}  // namespace lockkeeper::api
