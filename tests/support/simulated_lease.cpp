#include "support/simulated_lease.hpp"

namespace lockkeeper::tests {

using kube::ApiError;
using kube::LeaseRecord;
using kube::TransportError;
using Happening = SimulatedLease::Happening;

std::optional<LeaseRecord> SimulatedLease::read(const std::stop_token& /*stop*/) {
    begin("read");
    seen_ = version_;
    return stored_;
}

void SimulatedLease::create(const LeaseRecord& record, const std::stop_token& /*stop*/) {
    begin("create");
    if (stored_) throw ApiError("POST", {.code = 409, .reason = "AlreadyExists", .message = {}, .retry_after = {}});
    put(record);
    seen_ = version_;
}

void SimulatedLease::replace(const LeaseRecord& record, const std::stop_token& /*stop*/) {
    begin("replace");
    if (!stored_) throw ApiError("PUT", {.code = 404, .reason = "NotFound", .message = {}, .retry_after = {}});
    if (seen_ != version_) throw ApiError("PUT", {.code = 409, .reason = "Conflict", .message = {}, .retry_after = {}});
    put(record);
    seen_ = version_;
}

void SimulatedLease::put(const LeaseRecord& record) {
    stored_ = record;
    ++version_;
}

void SimulatedLease::begin(const std::string& request) {
    requests_.push_back(request);
    if (!script_.empty()) {
        const auto happening = std::move(script_.front());
        script_.pop_front();
        happening(*this);
    } else if (!stop_.stop_requested()) {
        requests_.pop_back();
        stop_.request_stop();
        throw TransportError(TransportError::Kind::Interrupted, "the script is over");
    }
}

Happening nothing() {
    return [](SimulatedLease&) {};
}

Happening refusal(int code, const std::string& reason) {
    return [=](SimulatedLease&) -> void {
        throw ApiError("request", {.code = code, .reason = reason, .message = {}, .retry_after = {}});
    };
}

Happening no_answer() {
    return [](SimulatedLease&) -> void { throw TransportError(TransportError::Kind::Timeout, "no answer"); };
}

Happening written(const LeaseRecord& record) {
    return [=](SimulatedLease& lease) { lease.put(record); };
}

std::vector<Happening> times(std::size_t count, const Happening& happening) {
    std::vector<Happening> all(count, happening);
    return all;
}

std::vector<Happening> operator+(std::vector<Happening> left, const std::vector<Happening>& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

}  // namespace lockkeeper::tests
