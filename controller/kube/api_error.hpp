#pragma once

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lockkeeper::kube {

struct HttpHead;

/// What the API server answered instead of an object (metav1.Status). Reasons tell more than codes: both AlreadyExists
/// and Conflict are 409.
struct Status {
    int code = 0;
    std::string reason;   ///< may be empty: proxies answer too
    std::string message;  ///< at most 1,000 bytes
    std::optional<std::chrono::seconds> retry_after;
    bool resource_version_too_large = false;  ///< asked for a version that this server has not seen yet

    /// A `kind: Status` object, as a body or in a watch.
    static Status from_json(const nlohmann::json& object);

    /// An answer of 400 or more, whether or not its body is a Status.
    static Status from_response(const HttpHead& head, std::string_view body);
};

/// What a caller can do about it.
enum class ApiFailure {
    NotFound,
    AlreadyExists,
    Conflict,         ///< read again, then write again
    Gone,             ///< the resource version or continue token has expired: list again
    Unauthorized,     ///< 401: who are you
    Forbidden,        ///< 403: RBAC
    Invalid,          ///< the object or the request is wrong, and stays so
    Throttled,        ///< 429: later
    ServerTrouble,    ///< 5xx, timeouts: later
    VersionTooLarge,  ///< list again, without naming a version
    Other,
};

class ApiError : public std::runtime_error {
  public:
    /// `what` names the request: `GET /api/v1/namespaces/shop/secrets/shop-db`.
    ApiError(const std::string& what, Status status);

    const Status& status() const { return status_; }
    ApiFailure failure() const { return failure_; }
    /// The same request may succeed later, without anybody doing anything.
    bool retryable() const;

  private:
    Status status_;
    ApiFailure failure_;
};

/// By reason where there is one, else by code.
ApiFailure classify(const Status& status);

}  // namespace lockkeeper::kube
