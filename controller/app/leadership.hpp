#pragma once

#include "app/log.hpp"
#include "app/share_options.hpp"
#include "kube/api_client.hpp"
#include "kube/client_config.hpp"
#include "kube/clock.hpp"
#include "kube/leader_election.hpp"
#include "kube/lease_lock.hpp"
#include "kube/lease_watch.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace lockkeeper::app {

/// This process's part in an election: threads and a client that nothing else of the controller can keep busy. Shows
/// leader_election_master_status and leader_election_slowpath_total, as client-go does.
class Leadership : public prometheus::Collectable {
  public:
    /// `clock` and `log` must outlive it. Throws kube::InvalidClientConfig.
    Leadership(const ElectionOptions& options, const kube::ClientConfig& config, kube::Clock& clock, const Log& log);
    /// As resign().
    ~Leadership() override;
    Leadership(const Leadership&) = delete;
    Leadership& operator=(const Leadership&) = delete;

    /// Stands for election from now on. Once, and not before this process could work as the leader.
    void stand();
    /// False if a stop was requested before.
    bool wait_to_lead(const std::stop_token& stop);

    /// Requested when the lead is lost. The process has then as long as it would take another one to become the leader,
    /// to end by itself; after that it is ended where it stands.
    std::stop_token lost() const { return lost_.get_token(); }

    /// False from the instant on when another one could lead, also if this process stood still and has not noticed yet.
    bool holds_lease() const;

    /// Gives the lead to whoever waits for it. Only when all work has ended.
    void resign();

    /// Of a leader whose lease should long have made it end, and who is still there: only a kill helps. A kubelet does
    /// that. Nothing if all is well. Does not wait.
    std::optional<std::string> what_is_wrong() const;

    std::vector<prometheus::MetricFamily> Collect() const override;  // NOLINT(readability-identifier-naming)

  private:
    void fence(const std::stop_token& stop);

    const std::string name_;
    const kube::LeaseTimes times_;
    kube::Clock& clock_;
    std::stop_source lost_;
    kube::ApiClient client_;
    kube::ApiLeaseLock lock_;
    kube::LeaderElection election_;
    kube::LeaseWatch watch_;
    std::jthread watching_;  ///< until this process leads
    std::jthread standing_;
    std::jthread fencing_;
};

/// `POD_NAME_UUID`, or the host's name where there is no pod: another one for each process, also in the same pod.
std::string new_identity();

}  // namespace lockkeeper::app
