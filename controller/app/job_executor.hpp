#pragma once

#include "api/migration.hpp"
#include "kube/api_client.hpp"
#include "reconcile/job_outcome.hpp"
#include "reconcile/job_plan.hpp"

#include <optional>
#include <stop_token>
#include <string>

namespace lockkeeper::app {

/// Has Migrations run as Jobs in their own namespaces: makes the objects that a plan asks for, looks at what has become
/// of them, and takes them away. It neither reads a Secret nor knows a database. All of it can be done twice.
class JobExecutor {
  public:
    JobExecutor(kube::ApiClient& client, reconcile::RunnerImage image) : client_(client), image_(std::move(image)) {}

    /// Makes the objects of this run, or finds that they are there. Why the API server would not have them, where a
    /// person or another run has to help. Throws what ApiClient throws otherwise, to be tried again.
    std::optional<reconcile::ExecutionFailure> start(const reconcile::ObservedState& observed, std::int64_t run,
                                                     const std::stop_token& stop) const;

    /// The Migration's Job, by the name in its status, with its pods and the last lines of their log.
    reconcile::ObservedJob look(const api::Migration& migration, const std::stop_token& stop) const;

    /// Ends the Job: its pod is deleted with it.
    void remove_job(const api::Migration& migration, const std::stop_token& stop) const;

    /// Of a run that has ended nobody needs them any more.
    void remove_config_maps(const api::Migration& migration, const std::stop_token& stop) const;

  private:
    enum class Making { Done, TakenByAnother };

    Making make(const kube::Resource& resource, const nlohmann::json& object, const std::stop_token& stop) const;
    std::optional<reconcile::JobState> find_job(const api::Migration& migration, const std::stop_token& stop) const;
    std::string read_log(const kube::NamespacedName& pod, const std::stop_token& stop) const;
    /// The message of the latest Event of an object for a reason; nothing where there is none, or no right to see it.
    std::optional<std::string> event_of(const std::string& kind, const kube::NamespacedName& object,
                                        const std::string& reason, const std::stop_token& stop) const;

    kube::ApiClient& client_;
    const reconcile::RunnerImage image_;
};

}  // namespace lockkeeper::app
