#include "reconcile/job_state.hpp"

#include "api/json_fields.hpp"
#include "api/migration.hpp"
#include "api/timestamps.hpp"

#include <algorithm>

namespace lockkeeper::reconcile {
namespace {

using api::Field;
using nlohmann::json;

/// What the reading of a field gives, or the value of a type that says nothing.
template <typename Read>
auto lenient(Read read) -> decltype(read()) {
    try {
        return read();
    } catch (const api::InvalidField&) {
        return {};
    }
}

std::string text_of(const Field& field) {
    return lenient([&] { return field.text(); });
}

std::vector<Field> items_of(const Field& field) {
    return lenient([&] { return field.items(); });
}

Field member(const Field& field, const char* name) {
    const bool is_object = lenient([&] { return std::optional<bool>(field.object().is_object()); }).has_value();
    return is_object ? field[name] : Field(nullptr, name);
}

ContainerState container_of(const Field& field) {
    ContainerState container;
    container.name = text_of(member(field, "name"));
    container.image_id = text_of(member(field, "imageID"));
    const auto state = member(field, "state");
    container.is_running = member(state, "running").is_there();
    if (const auto waiting = member(state, "waiting"); waiting.is_there()) {
        container.waiting = {text_of(member(waiting, "reason")), text_of(member(waiting, "message"))};
    }
    if (const auto terminated = member(state, "terminated"); terminated.is_there()) {
        container.terminated = {static_cast<int>(lenient([&] { return member(terminated, "exitCode").integer(); })),
                                text_of(member(terminated, "reason")), text_of(member(terminated, "message"))};
    }
    return container;
}

}  // namespace

bool PodState::has_begun() const {
    return std::ranges::any_of(containers, [](const ContainerState& container) {
        return container.is_running || container.terminated.has_value();
    });
}

const ContainerState* PodState::find(const std::string& container) const {
    const auto found = std::ranges::find(containers, container, &ContainerState::name);
    return found == containers.end() ? nullptr : &*found;
}

JobState job_state_of(const json& job) {
    const Field root(&job, "");
    const auto metadata = member(root, "metadata");
    JobState state;
    state.name = text_of(member(metadata, "name"));
    state.is_being_deleted = member(metadata, "deletionTimestamp").is_there();
    if (const auto created = api::parse_timestamp(text_of(member(metadata, "creationTimestamp")))) {
        state.created_at = *created;
    }
    for (const auto& owner : items_of(member(metadata, "ownerReferences"))) {
        if (text_of(member(owner, "kind")) != api::migration_kind) continue;
        if (!text_of(member(owner, "apiVersion")).starts_with(std::string(api::api_group) + "/")) continue;
        state.owner_name = text_of(member(owner, "name"));
        state.owner_uid = text_of(member(owner, "uid"));
    }
    for (const auto& condition : items_of(member(member(root, "status"), "conditions"))) {
        if (text_of(member(condition, "status")) != "True") continue;
        const auto type = text_of(member(condition, "type"));
        if (type == "Complete") state.is_complete = true;
        if (type != "Failed") continue;
        state.is_failed = true;
        state.failed_reason = text_of(member(condition, "reason"));
    }
    return state;
}

PodState pod_state_of(const json& pod) {
    const Field root(&pod, "");
    const auto metadata = member(root, "metadata");
    const auto status = member(root, "status");
    PodState state;
    state.name = text_of(member(metadata, "name"));
    state.is_being_deleted = member(metadata, "deletionTimestamp").is_there();
    state.phase = text_of(member(status, "phase"));
    state.reason = text_of(member(status, "reason"));
    state.message = text_of(member(status, "message"));
    for (const auto& condition : items_of(member(status, "conditions"))) {
        const auto type = text_of(member(condition, "type"));
        const auto value = text_of(member(condition, "status"));
        const auto message = text_of(member(condition, "message"));
        if (type == "PodScheduled" && value == "False") state.unschedulable = message;
        if (type == "DisruptionTarget" && value == "True") {
            state.disruption = {text_of(member(condition, "reason")), message};
        }
    }
    for (const auto* list : {"initContainerStatuses", "containerStatuses"}) {
        for (const auto& container : items_of(member(status, list))) {
            state.containers.push_back(container_of(container));
        }
    }
    return state;
}

}  // namespace lockkeeper::reconcile
