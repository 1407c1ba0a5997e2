#include "app/job_executor.hpp"

#include "api/reasons.hpp"
#include "reconcile/job_names.hpp"
#include "reconcile/job_pod.hpp"

#include <algorithm>

namespace lockkeeper::app {
namespace {

using kube::ApiFailure;
using migration::Retry;
using nlohmann::json;
using reconcile::ExecutionFailure;

const kube::Resource jobs{"batch", "v1", "jobs"};
const kube::Resource config_maps{"", "v1", "configmaps"};
const kube::Resource pods{"", "v1", "pods"};
const kube::Resource events{"", "v1", "events"};

kube::NamespacedName key_of(const json& object) {
    const auto& metadata = object["metadata"];
    return {metadata["namespace"].get<std::string>(), metadata["name"].get<std::string>()};
}

std::string owner_of(const json& object) {
    return object["metadata"]["ownerReferences"][0]["uid"].get<std::string>();
}

kube::NamespacedName job_key(const api::Migration& migration) {
    return {migration.metadata.ns, migration.status.job ? migration.status.job->name : std::string()};
}

/// What the API server said no to, and would say no to again at once; nothing for what is to be tried again as it is.
std::optional<ExecutionFailure> refusal_of(const kube::ApiError& error) {
    const auto& said = error.status().message;
    switch (error.failure()) {
        case ApiFailure::Forbidden:
            if (said.find("exceeded quota") != std::string::npos) {
                return ExecutionFailure{std::string(api::reason::quota_exceeded),
                                        "the quota of the namespace is used up: " + said, Retry::Slowly};
            }
            return ExecutionFailure{std::string(api::reason::job_refused), "the API server refuses the run: " + said,
                                    Retry::Slowly};
        case ApiFailure::Invalid:
            return ExecutionFailure{std::string(api::reason::job_refused),
                                    "the API server finds fault with the run, see spec.execution.job: " + said,
                                    Retry::Never};
        default:
            return std::nullopt;
    }
}

}  // namespace

std::optional<ExecutionFailure> JobExecutor::start(const reconcile::ObservedState& observed, std::int64_t run,
                                                   const std::stop_token& stop) const {
    const auto plan = reconcile::plan_job(observed, run, image_);
    try {
        auto making = Making::Done;
        for (const auto& map : plan.config_maps) {
            if (making == Making::Done) making = make(config_maps, map, stop);
        }
        if (making == Making::Done) making = make(jobs, plan.job, stop);
        if (making == Making::Done) return std::nullopt;
        return ExecutionFailure{std::string(api::reason::job_refused),
                                "an object of the name of the run's own (" + plan.name + "…) belongs to somebody else",
                                Retry::Soon};
    } catch (const kube::ApiError& error) {
        auto refusal = refusal_of(error);
        if (!refusal) throw;
        return refusal;
    }
}

JobExecutor::Making JobExecutor::make(const kube::Resource& resource, const json& object,
                                      const std::stop_token& stop) const {
    const auto key = key_of(object);
    try {
        client_.create({resource, key.space}, object, stop);
        return Making::Done;
    } catch (const kube::ApiError& error) {
        if (error.failure() != ApiFailure::AlreadyExists) throw;
    }
    // A request that was sent twice, or another replica's.
    const auto there = client_.get({resource, key}, stop);
    return reconcile::job_state_of(there).owner_uid == owner_of(object) ? Making::Done : Making::TakenByAnother;
}

std::optional<reconcile::JobState> JobExecutor::find_job(const api::Migration& migration,
                                                         const std::stop_token& stop) const {
    try {
        auto state = reconcile::job_state_of(client_.get({jobs, job_key(migration)}, stop));
        if (state.owner_uid != migration.metadata.uid || state.is_being_deleted) return std::nullopt;
        return state;
    } catch (const kube::ApiError& error) {
        if (error.failure() != ApiFailure::NotFound) throw;
        return std::nullopt;
    }
}

reconcile::ObservedJob JobExecutor::look(const api::Migration& migration, const std::stop_token& stop) const {
    const auto key = job_key(migration);
    reconcile::ObservedJob observed{.name = key.name};
    observed.job = find_job(migration, stop);
    client_.list(
        {{pods, key.space}, kube::Representation::Full, "job-name=" + key.name}, {},
        [&](const json& pod) { observed.pods.push_back(reconcile::pod_state_of(pod)); }, stop);
    for (const auto& pod : observed.pods) {
        const auto* runner = pod.find(reconcile::runner_container);
        if (runner == nullptr || (!runner->is_running && !runner->terminated)) continue;
        observed.log = read_log({key.space, pod.name}, stop);
    }
    if (!observed.job || observed.job->has_ended()) return observed;
    // What neither the Job nor the pod says of itself, an Event does.
    if (observed.pods.empty()) observed.pod_refusal = event_of("Job", key, "FailedCreate", stop);
    for (const auto& pod : observed.pods) {
        if (!pod.has_begun()) observed.mount_failure = event_of("Pod", {key.space, pod.name}, "FailedMount", stop);
    }
    return observed;
}

/// Whatever keeps the log from being read (its node may be gone), the termination message may be there.
std::string JobExecutor::read_log(const kube::NamespacedName& pod, const std::stop_token& stop) const {
    try {
        return client_.read_log(pod, {.container = reconcile::runner_container}, stop);
    } catch (const kube::ApiError&) {
        return {};
    }
}

std::optional<std::string> JobExecutor::event_of(const std::string& kind, const kube::NamespacedName& object,
                                                 const std::string& reason, const std::stop_token& stop) const {
    kube::Selection selection{{events, object.space}};
    selection.field_selector =
        "involvedObject.kind=" + kind + ",involvedObject.name=" + object.name + ",reason=" + reason;
    std::optional<std::string> message;
    try {
        client_.list(
            selection, {}, [&](const json& event) { message = event.value("message", std::string()); }, stop);
    } catch (const kube::ApiError& error) {
        if (error.failure() != ApiFailure::Forbidden) throw;
    }
    return message;
}

void JobExecutor::remove_job(const api::Migration& migration, const std::stop_token& stop) const {
    try {
        // Without it a Job's pods would stay behind, and run on.
        client_.remove({jobs, job_key(migration)}, kube::Propagation::Background, stop);
    } catch (const kube::ApiError& error) {
        if (error.failure() != ApiFailure::NotFound) throw;
    }
}

void JobExecutor::remove_config_maps(const api::Migration& migration, const std::stop_token& stop) const {
    const auto key = job_key(migration);
    kube::Selection selection{{config_maps, key.space}, kube::Representation::Metadata};
    selection.label_selector = std::string(reconcile::label::job) + "=" + key.name;
    std::vector<std::string> names;
    client_.list(
        selection, {},
        [&](const json& map) {
            if (reconcile::job_state_of(map).owner_uid == migration.metadata.uid) names.push_back(key_of(map).name);
        },
        stop);
    for (const auto& name : names) {
        try {
            client_.remove({config_maps, {key.space, name}}, stop);
        } catch (const kube::ApiError& error) {
            if (error.failure() != ApiFailure::NotFound) throw;
        }
    }
}

}  // namespace lockkeeper::app
