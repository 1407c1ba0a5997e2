#include "kube/api_error.hpp"

#include "kube/http.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace lockkeeper::kube;
using namespace std::chrono_literals;

namespace {

ApiError error_of(int code, const std::string& body, HttpHeaders headers = {}) {
    return {"GET /x", Status::from_response({code, std::move(headers)}, body)};
}

std::string status_body(int code, const std::string& reason) {
    return nlohmann::json{{"kind", "Status"}, {"code", code}, {"reason", reason}, {"message", "why"}}.dump();
}

}  // namespace

TEST_CASE("a reason tells more than its code") {
    CHECK(error_of(409, status_body(409, "AlreadyExists")).failure() == ApiFailure::AlreadyExists);
    CHECK(error_of(409, status_body(409, "Conflict")).failure() == ApiFailure::Conflict);
    CHECK(error_of(410, status_body(410, "Expired")).failure() == ApiFailure::Gone);
    CHECK(error_of(410, status_body(410, "Gone")).failure() == ApiFailure::Gone);
    CHECK(error_of(504, status_body(504, "Timeout")).failure() == ApiFailure::ServerTrouble);
    CHECK(error_of(422, status_body(422, "Invalid")).failure() == ApiFailure::Invalid);
    CHECK(error_of(500, status_body(500, "NotFound")).failure() == ApiFailure::NotFound);
}

TEST_CASE("without a known reason the code decides") {
    CHECK(error_of(401, "Unauthorized").failure() == ApiFailure::Unauthorized);
    CHECK(error_of(403, status_body(403, "")).failure() == ApiFailure::Forbidden);
    CHECK(error_of(404, "404 page not found\n").failure() == ApiFailure::NotFound);
    CHECK(error_of(429, "").failure() == ApiFailure::Throttled);
    CHECK(error_of(502, "<html>").failure() == ApiFailure::ServerTrouble);
    CHECK(error_of(400, status_body(400, "SomethingNew")).failure() == ApiFailure::Invalid);
    CHECK(error_of(302, "").failure() == ApiFailure::Other);
}

TEST_CASE("a version that the server has not seen yet is told apart from other timeouts") {
    const auto body = R"({"kind":"Status","code":504,"reason":"Timeout","details":{"retryAfterSeconds":1,
                          "causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}]}})";
    const auto error = error_of(504, body);
    CHECK(error.failure() == ApiFailure::VersionTooLarge);
    CHECK(error.status().retry_after == 1s);
}

TEST_CASE("Retry-After is taken from the header, else from the status") {
    const auto body = R"({"kind":"Status","code":429,"reason":"TooManyRequests","details":{"retryAfterSeconds":7}})";
    CHECK(error_of(429, body).status().retry_after == 7s);
    CHECK(error_of(429, body, {{"retry-after", "3"}}).status().retry_after == 3s);
    CHECK(error_of(429, "", {{"retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"}}).status().retry_after == std::nullopt);
    CHECK(error_of(429, "", {{"retry-after", "-1"}}).status().retry_after == std::nullopt);
}

TEST_CASE("an error names the request, the reason and the server's words, and those are not endless") {
    CHECK(std::string(error_of(404, status_body(404, "NotFound")).what()) == "GET /x: 404 NotFound: why");
    CHECK(std::string(error_of(500, std::string(1 << 20, 'x')).what()).size() < 1'100);
}

TEST_CASE("what time heals is retryable, what a person must heal is not") {
    CHECK(error_of(429, "").retryable());
    CHECK(error_of(503, "").retryable());
    CHECK(error_of(409, status_body(409, "Conflict")).retryable());
    CHECK_FALSE(error_of(403, "").retryable());
    CHECK_FALSE(error_of(409, status_body(409, "AlreadyExists")).retryable());
    CHECK_FALSE(error_of(422, "").retryable());
}

TEST_CASE("a status of odd types does no harm") {
    CHECK(Status::from_json(nlohmann::json::array()).code == 0);
    CHECK(Status::from_json({{"code", "410"}, {"reason", 7}, {"details", "none"}}).reason.empty());
}
