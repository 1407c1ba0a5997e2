#include "kube/lease_lock.hpp"

#include <utility>

namespace lockkeeper::kube {

using nlohmann::json;

const Resource& ApiLeaseLock::resource() {
    static const Resource leases{"coordination.k8s.io", "v1", "leases"};
    return leases;
}

std::optional<LeaseRecord> ApiLeaseLock::read(const std::stop_token& stop) {
    try {
        lease_ = client_.get({resource(), key_}, stop);
        return lease_record_of(lease_);
    } catch (const ApiError& error) {
        if (error.failure() != ApiFailure::NotFound) throw;
        return std::nullopt;
    }
}

void ApiLeaseLock::create(const LeaseRecord& record, const std::stop_token& stop) {
    const json lease{{"apiVersion", "coordination.k8s.io/v1"},
                     {"kind", "Lease"},
                     {"metadata", {{"namespace", key_.space}, {"name", key_.name}}},
                     {"spec", to_lease_spec(record)}};
    lease_ = client_.create({resource(), key_.space}, lease, stop);
}

void ApiLeaseLock::replace(const LeaseRecord& record, const std::stop_token& stop) {
    auto lease = lease_;
    lease["spec"] = to_lease_spec(record);
    lease_ = client_.replace({resource(), key_}, lease, stop);
}

}  // namespace lockkeeper::kube
