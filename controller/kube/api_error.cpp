#include "kube/api_error.hpp"

#include "kube/http.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace lockkeeper::kube {
namespace {

using nlohmann::json;

constexpr std::size_t longest_message = 1'000;

std::string text_at(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

int number_at(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_integer() ? found->get<int>() : 0;
}

bool names_too_large_version(const json& details) {
    const auto causes = details.find("causes");
    return causes != details.end() && causes->is_array() && std::ranges::any_of(*causes, [](const json& cause) {
               return cause.is_object() && text_at(cause, "reason") == "ResourceVersionTooLarge";
           });
}

/// The form of seconds. The other form, a date, is sent by no API server.
std::optional<std::chrono::seconds> parse_retry_after(const std::string& value) {
    int seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (value.empty() || error != std::errc() || end != value.data() + value.size() || seconds < 0) return std::nullopt;
    return std::chrono::seconds(seconds);
}

ApiFailure classify_code(int code) {
    switch (code) {
        case 401:
            return ApiFailure::Unauthorized;
        case 403:
            return ApiFailure::Forbidden;
        case 404:
            return ApiFailure::NotFound;
        case 409:
            return ApiFailure::Conflict;
        case 410:
            return ApiFailure::Gone;
        case 429:
            return ApiFailure::Throttled;
        case 400:
        case 405:
        case 406:
        case 413:
        case 415:
        case 422:
            return ApiFailure::Invalid;
        default:
            return code >= 500 ? ApiFailure::ServerTrouble : ApiFailure::Other;
    }
}

std::string describe(const std::string& what, const Status& status) {
    auto text = what + ": " + std::to_string(status.code);
    if (!status.reason.empty()) text += " " + status.reason;
    if (!status.message.empty()) text += ": " + status.message;
    return text;
}

}  // namespace

Status Status::from_json(const json& object) {
    Status status;
    if (!object.is_object()) return status;
    status.code = number_at(object, "code");
    status.reason = text_at(object, "reason");
    status.message = text_at(object, "message").substr(0, longest_message);
    if (const auto details = object.find("details"); details != object.end() && details->is_object()) {
        if (const int seconds = number_at(*details, "retryAfterSeconds"); seconds > 0) {
            status.retry_after = std::chrono::seconds(seconds);
        }
        status.resource_version_too_large = names_too_large_version(*details);
    }
    return status;
}

Status Status::from_response(const HttpHead& head, std::string_view body) {
    const auto parsed = json::parse(body, nullptr, false);
    Status status;
    if (parsed.is_object() && text_at(parsed, "kind") == "Status") {
        status = from_json(parsed);
    } else {
        status.message = std::string(body.substr(0, longest_message));  // of a proxy, or "unauthorized" in plain text
    }
    status.code = head.status;
    if (const auto seconds = parse_retry_after(head.header("retry-after"))) status.retry_after = seconds;
    return status;
}

ApiError::ApiError(const std::string& what, Status status)
    : std::runtime_error(describe(what, status)), status_(std::move(status)), failure_(classify(status_)) {}

bool ApiError::retryable() const {
    return failure_ == ApiFailure::Throttled || failure_ == ApiFailure::ServerTrouble ||
           failure_ == ApiFailure::VersionTooLarge || failure_ == ApiFailure::Conflict;
}

ApiFailure classify(const Status& status) {
    if (status.resource_version_too_large) return ApiFailure::VersionTooLarge;
    static const std::array<std::pair<std::string_view, ApiFailure>, 20> reasons{{
        {"NotFound", ApiFailure::NotFound},
        {"AlreadyExists", ApiFailure::AlreadyExists},
        {"Conflict", ApiFailure::Conflict},
        {"Gone", ApiFailure::Gone},
        {"Expired", ApiFailure::Gone},
        {"Unauthorized", ApiFailure::Unauthorized},
        {"Forbidden", ApiFailure::Forbidden},
        {"Invalid", ApiFailure::Invalid},
        {"BadRequest", ApiFailure::Invalid},
        {"MethodNotAllowed", ApiFailure::Invalid},
        {"NotAcceptable", ApiFailure::Invalid},
        {"RequestEntityTooLarge", ApiFailure::Invalid},
        {"UnsupportedMediaType", ApiFailure::Invalid},
        {"TooManyRequests", ApiFailure::Throttled},
        {"ServerTimeout", ApiFailure::ServerTrouble},
        {"Timeout", ApiFailure::ServerTrouble},
        {"InternalError", ApiFailure::ServerTrouble},
        {"ServiceUnavailable", ApiFailure::ServerTrouble},
        {"StoreReadError", ApiFailure::ServerTrouble},
        {"Unknown", ApiFailure::Other},
    }};
    const auto* const found =
        std::ranges::find_if(reasons, [&](const auto& known) { return known.first == status.reason; });
    if (found != reasons.end() && found->second != ApiFailure::Other) return found->second;
    return classify_code(status.code);
}

}  // namespace lockkeeper::kube
