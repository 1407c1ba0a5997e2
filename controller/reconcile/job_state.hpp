#pragma once

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lockkeeper::reconcile {

/// A batch/v1 Job as far as it concerns us.
struct JobState {
    std::string name;
    std::string owner_name;  ///< the Migration that it belongs to
    std::string owner_uid;
    bool is_complete = false;
    bool is_failed = false;
    std::string failed_reason;  ///< `DeadlineExceeded`, `BackoffLimitExceeded` …
    bool is_being_deleted = false;
    std::chrono::system_clock::time_point created_at{};

    bool has_ended() const { return is_complete || is_failed; }

    friend bool operator==(const JobState&, const JobState&) = default;
};

/// One container of a pod, init containers included, in the order in which they run.
struct ContainerState {
    std::string name;
    bool is_running = false;
    struct Waiting {
        std::string reason;
        std::string message;
    };
    std::optional<Waiting> waiting;
    struct Terminated {
        int exit_code = 0;
        std::string reason;   ///< `Completed`, `Error`, `OOMKilled` …
        std::string message;  ///< the termination message
    };
    std::optional<Terminated> terminated;
    std::string image_id;
};

/// A pod of a Job as far as it concerns us.
struct PodState {
    std::string name;
    std::string phase;
    std::string reason;  ///< `Evicted`, `NodeLost` …
    std::string message;
    std::optional<std::string> unschedulable;  ///< why no node takes it
    struct Disruption {
        std::string reason;  ///< `EvictionByEvictionAPI`, `PreemptionByScheduler`, `DeletionByTaintManager` …
        std::string message;
    };
    std::optional<Disruption> disruption;
    bool is_being_deleted = false;
    std::vector<ContainerState> containers;

    /// Has any of its containers begun?
    bool has_begun() const;
    const ContainerState* find(const std::string& container) const;
};

/// Total for whatever the object holds: what cannot be read is not there.
JobState job_state_of(const nlohmann::json& job);
PodState pod_state_of(const nlohmann::json& pod);

}  // namespace lockkeeper::reconcile
