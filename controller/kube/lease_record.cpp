#include "kube/lease_record.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <ctime>

namespace lockkeeper::kube {
namespace {

using nlohmann::json;

std::string text_of(const json& spec, const char* key) {
    const auto found = spec.find(key);
    return found != spec.end() && found->is_string() ? found->get<std::string>() : std::string();
}

int number_of(const json& spec, const char* key) {
    const auto found = spec.find(key);
    return found != spec.end() && found->is_number_integer() ? found->get<int>() : 0;
}

}  // namespace

LeaseRecord lease_record_of(const json& lease) {
    const auto found = lease.find("spec");
    if (found == lease.end() || !found->is_object()) return {};
    return {.holder = text_of(*found, "holderIdentity"),
            .duration = std::chrono::seconds(number_of(*found, "leaseDurationSeconds")),
            .acquire_time = text_of(*found, "acquireTime"),
            .renew_time = text_of(*found, "renewTime"),
            .transitions = number_of(*found, "leaseTransitions")};
}

json to_lease_spec(const LeaseRecord& record) {
    json spec{{"holderIdentity", record.holder},
              {"leaseDurationSeconds", record.duration.count()},
              {"leaseTransitions", record.transitions}};
    // A Lease that somebody else made may lack them, and an empty text is no time.
    if (!record.acquire_time.empty()) spec["acquireTime"] = record.acquire_time;
    if (!record.renew_time.empty()) spec["renewTime"] = record.renew_time;
    return spec;
}

std::string to_micro_time(std::chrono::system_clock::time_point time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const auto micros = std::chrono::floor<std::chrono::microseconds>(time - whole).count();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> date{};
    const auto length = std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    auto fraction = std::to_string(micros);
    fraction.insert(0, 6 - fraction.size(), '0');
    return std::string(date.data(), length) + "." + fraction + "Z";
}

}  // namespace lockkeeper::kube
