#include "reconcile/job_pod.hpp"

#include "reconcile/job_database.hpp"

namespace lockkeeper::reconcile {
namespace {

using nlohmann::json;

constexpr int our_user = 65532;
constexpr auto run_path = "/run/lockkeeper";
constexpr auto scripts_path = "/run/lockkeeper-scripts";
constexpr auto copier_path = "/run/lockkeeper-copier";
/// To cancel a script, roll it back and say so; `lockkeeper run` needs 5 seconds at most.
constexpr int grace_seconds = 15;

json container_security() {
    return {
        {"allowPrivilegeEscalation", false}, {"readOnlyRootFilesystem", true}, {"capabilities", {{"drop", {"ALL"}}}}};
}

json pod_security() {
    return {{"runAsNonRoot", true},
            {"runAsUser", our_user},
            {"runAsGroup", our_user},
            {"seccompProfile", {{"type", "RuntimeDefault"}}}};
}

std::string name_of(const json& config_map) {
    return config_map["metadata"]["name"].get<std::string>();
}

/// Of an image nothing is known but that it holds a directory: neither a shell nor a libc. So a program that needs
/// neither is put beside its files, and run there.
json source_containers(const api::ImageSource& source, const RunnerImage& image) {
    const auto copier = std::string(copier_path) + "/lockkeeper-copy";
    json install{{"name", "copier"},
                 {"image", image.reference},
                 {"command", {"/usr/bin/lockkeeper-copy", "install", copier}},
                 {"securityContext", container_security()},
                 {"volumeMounts", json::array({{{"name", "copier"}, {"mountPath", copier_path}}})}};
    if (!image.pull_policy.empty()) install["imagePullPolicy"] = image.pull_policy;
    json copy{{"name", source_container},
              {"image", source.reference},
              {"command", {copier, "scripts", source.path, scripts_path}},
              {"securityContext", container_security()},
              {"volumeMounts",
               {{{"name", "copier"}, {"mountPath", copier_path}, {"readOnly", true}},
                {{"name", "scripts"}, {"mountPath", scripts_path}}}}};
    if (!source.pull_policy.empty()) copy["imagePullPolicy"] = source.pull_policy;
    return json::array({std::move(install), std::move(copy)});
}

void add_source(const api::ImageSource& source, const RunnerImage& image, json& pod) {
    pod["initContainers"] = source_containers(source, image);
    pod["volumes"].push_back({{"name", "copier"}, {"emptyDir", json::object()}});
    for (const auto& secret : source.pull_secrets) pod["imagePullSecrets"].push_back({{"name", secret}});
}

/// One directory with the scripts of all ConfigMaps. An empty source is an empty directory.
json scripts_volume(const JobPlan& plan) {
    if (plan.config_maps.size() < 2) return {{"name", "scripts"}, {"emptyDir", json::object()}};
    json sources = json::array();
    for (std::size_t i = 1; i < plan.config_maps.size(); ++i) {
        sources.push_back({{"configMap", {{"name", name_of(plan.config_maps[i])}}}});
    }
    return {{"name", "scripts"}, {"projected", {{"sources", std::move(sources)}}}};
}

json runner(const RunnerImage& image) {
    json container{{"name", runner_container},
                   {"image", image.reference},
                   {"args",
                    {"run", std::string("--description=") + run_path + "/" + description_key,
                     std::string("--source=") + scripts_path}},
                   {"env", json::array()},
                   {"terminationMessagePath", "/dev/termination-log"},
                   {"terminationMessagePolicy", "File"},
                   {"securityContext", container_security()},
                   {"volumeMounts",
                    {{{"name", "run"}, {"mountPath", run_path}, {"readOnly", true}},
                     {{"name", "scripts"}, {"mountPath", scripts_path}, {"readOnly", true}}}}};
    if (!image.pull_policy.empty()) container["imagePullPolicy"] = image.pull_policy;
    return container;
}

void add_resources(const api::JobSpec& job, json& container) {
    if (!job.resources.empty()) container["resources"] = json::parse(job.resources);
}

/// Behind those of ours, so that they win.
void add_variables(const api::JobSpec& job, json& container) {
    if (job.env.empty()) return;
    for (auto& variable : json::parse(job.env)) container["env"].push_back(std::move(variable));
}

void add_placement(const api::JobSpec& job, json& pod) {
    if (job.service_account_name) pod["serviceAccountName"] = *job.service_account_name;
    if (job.priority_class_name) pod["priorityClassName"] = *job.priority_class_name;
    if (!job.node_selector.empty()) pod["nodeSelector"] = job.node_selector;
    if (!job.tolerations.empty()) pod["tolerations"] = json::parse(job.tolerations);
    if (!job.affinity.empty()) pod["affinity"] = json::parse(job.affinity);
    if (!job.image_pull_secrets.empty()) pod["imagePullSecrets"] = json::parse(job.image_pull_secrets);
}

}  // namespace

json pod_spec(const api::MigrationSpec& spec, const JobPlan& plan, const RunnerImage& image) {
    json pod{{"restartPolicy", "Never"},
             {"automountServiceAccountToken", false},
             {"enableServiceLinks", false},
             {"terminationGracePeriodSeconds", grace_seconds},
             {"securityContext", pod_security()},
             {"volumes", json::array({{{"name", "run"}, {"configMap", {{"name", name_of(plan.config_maps.at(0))}}}},
                                      scripts_volume(plan)})}};
    auto container = runner(image);
    add_database(spec, container, pod);
    if (const auto& job = spec.execution.job) {
        add_resources(*job, container);
        add_variables(*job, container);
        add_placement(*job, pod);
    }
    pod["containers"] = json::array({std::move(container)});
    if (const auto* source = std::get_if<api::ImageSource>(&spec.source.from)) add_source(*source, image, pod);
    return pod;
}

}  // namespace lockkeeper::reconcile
