#pragma once

#include "kube/api_client.hpp"
#include "kube/lease_record.hpp"
#include "kube/resource.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <stop_token>

namespace lockkeeper::kube {

/// A place for one record, which only one of several writers can change at a time. Not for several threads at once.
/// Every call throws ApiError and TransportError.
class LeaseLock {
  public:
    virtual ~LeaseLock() = default;

    /// Nothing, if there is no lease.
    virtual std::optional<LeaseRecord> read(const std::stop_token& stop) = 0;
    /// Fails with AlreadyExists if there is one.
    virtual void create(const LeaseRecord& record, const std::stop_token& stop) = 0;
    /// Fails with Conflict if it is not as it was when it was read or written here last.
    virtual void replace(const LeaseRecord& record, const std::stop_token& stop) = 0;
};

/// A Lease of the API server. Labels and annotations that others put on it stay.
class ApiLeaseLock : public LeaseLock {
  public:
    /// The client must outlive it.
    ApiLeaseLock(ApiClient& client, NamespacedName key) : client_(client), key_(std::move(key)) {}

    static const Resource& resource();

    std::optional<LeaseRecord> read(const std::stop_token& stop) override;
    void create(const LeaseRecord& record, const std::stop_token& stop) override;
    void replace(const LeaseRecord& record, const std::stop_token& stop) override;

  private:
    ApiClient& client_;
    const NamespacedName key_;
    nlohmann::json lease_;  ///< as the server showed it last, with its version
};

}  // namespace lockkeeper::kube
