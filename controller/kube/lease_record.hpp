#pragma once

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <string>

namespace lockkeeper::kube {

/// What a Lease (coordination.k8s.io/v1) says of who holds it. Its times are for people to read and are never compared
/// with a clock: whoever wrote them had another one.
struct LeaseRecord {
    std::string holder;                ///< empty: nobody
    std::chrono::seconds duration{0};  ///< how long it holds without being renewed
    std::string acquire_time;          ///< metav1.MicroTime
    std::string renew_time;
    int transitions = 0;  ///< changes of the holder

    bool operator==(const LeaseRecord&) const = default;
};

/// Reads a Lease. What is not there, or of another type, is as if nobody had ever held it.
LeaseRecord lease_record_of(const nlohmann::json& lease);

/// The `spec` of a Lease.
nlohmann::json to_lease_spec(const LeaseRecord& record);

/// `2026-01-31T08:09:10.123456Z`, as metav1.MicroTime wants it.
std::string to_micro_time(std::chrono::system_clock::time_point time);

}  // namespace lockkeeper::kube
