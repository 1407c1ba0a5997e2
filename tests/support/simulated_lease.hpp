#pragma once

#include "kube/lease_lock.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace lockkeeper::tests {

/// A Lease and the server that keeps it, to whose requests something happens: one thing before each, and when the
/// script is over, a stop is requested. From then on it just answers.
class SimulatedLease : public kube::LeaseLock {
  public:
    /// May change the lease, or throw what the request is to fail with.
    using Happening = std::function<void(SimulatedLease&)>;

    explicit SimulatedLease(std::vector<Happening> script) : script_(script.begin(), script.end()) {}

    std::optional<kube::LeaseRecord> read(const std::stop_token& stop) override;
    void create(const kube::LeaseRecord& record, const std::stop_token& stop) override;
    void replace(const kube::LeaseRecord& record, const std::stop_token& stop) override;

    /// Somebody else's doing.
    void put(const kube::LeaseRecord& record);
    void remove() { stored_.reset(); }

    const std::optional<kube::LeaseRecord>& stored() const { return stored_; }
    /// `read`, `create`, `replace`, in order, the ones that failed too.
    const std::vector<std::string>& requests() const { return requests_; }
    std::stop_token stop() const { return stop_.get_token(); }

  private:
    void begin(const std::string& request);

    std::deque<Happening> script_;
    std::stop_source stop_;
    std::vector<std::string> requests_;
    std::optional<kube::LeaseRecord> stored_;
    int version_ = 0;
    int seen_ = 0;  ///< the version that its client knows
};

/// Happenings.
SimulatedLease::Happening nothing();
SimulatedLease::Happening refusal(int code, const std::string& reason);
SimulatedLease::Happening no_answer();
SimulatedLease::Happening written(const kube::LeaseRecord& record);
/// So many times the same.
std::vector<SimulatedLease::Happening> times(std::size_t count, const SimulatedLease::Happening& happening);
std::vector<SimulatedLease::Happening> operator+(std::vector<SimulatedLease::Happening> left,
                                                 const std::vector<SimulatedLease::Happening>& right);

}  // namespace lockkeeper::tests
