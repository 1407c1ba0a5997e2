#include "reconcile/job_plan.hpp"

#include "api/migration.hpp"
#include "reconcile/job_names.hpp"
#include "reconcile/job_pod.hpp"
#include "reconcile/run_description.hpp"

namespace lockkeeper::reconcile {
namespace {

using migration::SourceFile;
using nlohmann::json;

constexpr std::size_t most_bytes = std::size_t{900} << 10U;

/// The files of each ConfigMap, first fit in their order. One that is larger than `most_bytes` is alone.
std::vector<std::vector<const SourceFile*>> share_out(const std::vector<SourceFile>& files) {
    std::vector<std::vector<const SourceFile*>> shares;
    std::size_t bytes = most_bytes;
    for (const auto& file : files) {
        if (file.name.starts_with('.')) continue;  // it is no part of the source
        const auto size = file.name.size() + file.text.size();
        if (shares.empty() || bytes + size > most_bytes) {
            shares.emplace_back();
            bytes = 0;
        }
        shares.back().push_back(&file);
        bytes += size;
    }
    return shares;
}

/// Without blockOwnerDeletion, which would take a right on the Migration's finalizers.
json owner_of(const api::Metadata& migration) {
    return {{"apiVersion", api::api_version},
            {"kind", api::migration_kind},
            {"name", migration.name},
            {"uid", migration.uid},
            {"controller", true}};
}

json metadata_of(const api::Metadata& migration, std::int64_t run, const std::string& name) {
    return {{"name", name},
            {"namespace", migration.ns},
            {"labels",
             {{label::managed_by, label::manager},
              {label::run, std::to_string(run)},
              {label::job, job_name(migration, run)}}},
            {"ownerReferences", json::array({owner_of(migration)})}};
}

json config_map(const json& metadata, json data) {
    return {{"apiVersion", "v1"},
            {"kind", "ConfigMap"},
            {"metadata", metadata},
            {"immutable", true},
            {"data", std::move(data)}};
}

RunDescription description_of(const ObservedState& observed, std::int64_t run) {
    const auto& migration = observed.migration;
    RunDescription description{.subject = migration.metadata.ns + "/" + migration.metadata.name, .run = run};
    description.known_history_table = migration.status.history_table;
    if (const auto* found = std::get_if<SourceFound>(&observed.source)) {
        description.source_digest = found->scripts.digest();
    } else {
        description.source_digest = migration.spec.source.expected_digest;
    }
    description.spec = migration.spec;
    return description;
}

std::vector<json> config_maps_of(const ObservedState& observed, std::int64_t run, const std::string& job) {
    const auto& metadata = observed.migration.metadata;
    std::vector<json> maps{config_map(metadata_of(metadata, run, description_name(job)),
                                      {{description_key, to_text(description_of(observed, run))}})};
    const auto* found = std::get_if<SourceFound>(&observed.source);
    if (found == nullptr) return maps;
    for (const auto& share : share_out(found->files)) {
        json data = json::object();
        for (const auto* file : share) data[file->name] = file->text;
        maps.push_back(config_map(metadata_of(metadata, run, scripts_name(job, maps.size() - 1)), std::move(data)));
    }
    return maps;
}

/// Ours last: a user's labels and annotations are added to them, and take the place of none.
json with(const std::map<std::string, std::string>& theirs, json ours) {
    for (const auto& [name, value] : theirs) {
        if (!ours.contains(name)) ours[name] = value;
    }
    return ours;
}

}  // namespace

std::size_t count_script_maps(const std::vector<SourceFile>& files) {
    return share_out(files).size();
}

JobPlan plan_job(const ObservedState& observed, std::int64_t run, const RunnerImage& image) {
    const auto& migration = observed.migration;
    const auto& execution = migration.spec.execution;
    const auto job = execution.job ? *execution.job : api::JobSpec();
    JobPlan plan;
    plan.name = job_name(migration.metadata, run);
    plan.config_maps = config_maps_of(observed, run, plan.name);

    auto metadata = metadata_of(migration.metadata, run, plan.name);
    metadata["labels"] = with(job.labels, metadata["labels"]);
    json template_metadata{{"labels", metadata["labels"]}};
    if (!job.annotations.empty()) {
        metadata["annotations"] = job.annotations;
        template_metadata["annotations"] = job.annotations;
    }
    // Retries are the controller's, by what went wrong.
    json spec{{"backoffLimit", 0},
              {"completions", 1},
              {"parallelism", 1},
              {"ttlSecondsAfterFinished", std::chrono::ceil<std::chrono::seconds>(job.ttl_after_finished).count()},
              {"template", {{"metadata", template_metadata}, {"spec", pod_spec(migration.spec, plan, image)}}}};
    if (execution.timeout.count() > 0) {
        spec["activeDeadlineSeconds"] = std::chrono::ceil<std::chrono::seconds>(execution.timeout).count();
    }
    plan.job = {{"apiVersion", "batch/v1"}, {"kind", "Job"}, {"metadata", metadata}, {"spec", std::move(spec)}};
    return plan;
}

}  // namespace lockkeeper::reconcile
