#pragma once

#include "migration/source_file.hpp"
#include "reconcile/observed_state.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace lockkeeper::reconcile {

/// The image that a Job's pod runs: the controller's own.
struct RunnerImage {
    std::string reference;
    std::string pull_policy;  ///< empty: as Kubernetes has it by default
};

/// The objects of one run, to be made in this order: the Job's pod mounts the ConfigMaps. All are the Migration's own
/// (ownerReferences), so that they go with it; the ConfigMaps are deleted as soon as the run has ended.
struct JobPlan {       // NOLINT(bugprone-exception-escape): json's own moves assert, and do not throw
    std::string name;  ///< of the Job
    std::vector<nlohmann::json> config_maps;
    nlohmann::json job;
};

/// Pure: what to make so that this run happens. Its scripts and its description are pinned in immutable ConfigMaps, of
/// at most 900 KiB each, since etcd takes no more than 1 MiB. The connection string is named, never read.
JobPlan plan_job(const ObservedState& observed, std::int64_t run, const RunnerImage& image);

/// How many ConfigMaps the scripts take up.
std::size_t count_script_maps(const std::vector<migration::SourceFile>& files);

}  // namespace lockkeeper::reconcile
