#pragma once

#include "support/kubectl.hpp"
#include "support/process.hpp"
#include "support/temporary_folder.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>

namespace lockkeeper::tests {

/// Plays the Job controller and the kubelet for one Migration, where there is neither: makes the pod of a Job, runs
/// what its container would run as a process of this machine, and writes what becomes of it into the status of pod and
/// Job. A log is not served.
class JobPlayer {
  public:
    JobPlayer(const TemporaryNamespace& ns, std::string migration) : ns_(ns), migration_(std::move(migration)) {}

    /// Waits for the Job of this run to be there. False if it does not come.
    bool await_job(int run);
    nlohmann::json job() const { return ns_.get("job", job_); }
    const std::string& job_name() const { return job_; }

    /// The Job's pod, waiting to start.
    void make_pod();
    void set_pod_status(const nlohmann::json& status) const;
    /// `reason` of a container that waits, with a message.
    void hold_up(const std::string& reason, const std::string& message) const;
    void delete_pod() const { ns_.remove("pod", pod_); }

    /// Starts the runner, with the run's ConfigMaps as files and its database from the Secret.
    void start();
    /// Waits for its end, or ends it by a signal, and says so in the pod's status: exit code and termination message.
    int finish(std::optional<int> signal = std::nullopt);

    /// The Job's last word: Complete, or Failed for a reason.
    void complete() const;
    void fail(const std::string& reason) const;

    /// All of it: pod, runner, result, end.
    void play(int run);

  private:
    void set_job_status(const nlohmann::json& status) const;
    std::string url() const;

    const TemporaryNamespace& ns_;
    const std::string migration_;
    std::string job_;
    std::string pod_;
    TemporaryFolder folder_;
    std::unique_ptr<Process> runner_;
};

}  // namespace lockkeeper::tests
