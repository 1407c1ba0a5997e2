#include "app/probe_request.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::app;

namespace {

/// `/path`, `HEAD /path`, `incomplete`, or the status of a refusal.
std::string read(const std::string& bytes) {
    const auto head = read_request_head(bytes);
    if (std::holds_alternative<IncompleteRequest>(head)) return "incomplete";
    if (const auto* refused = std::get_if<RefusedRequest>(&head)) return std::to_string(refused->status);
    const auto& request = std::get<ProbeRequest>(head);
    return (request.method == ProbeRequest::Method::Head ? "HEAD " : "") + request.path;
}

}  // namespace

TEST_CASE("a GET and a HEAD are read up to their empty line, and their query means nothing") {
    CHECK(read("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") == "/healthz");
    CHECK(read("GET /healthz?verbose HTTP/1.0\r\n\r\nbody") == "/healthz");
    CHECK(read("HEAD /metrics HTTP/1.1\r\n\r\n") == "HEAD /metrics");
    CHECK(read("GET /healthz HTTP/1.1\r\nHost: x\r\n") == "incomplete");
    CHECK(read("") == "incomplete");
}

TEST_CASE("what is no request for something to show is refused with its status") {
    CHECK(read("POST /metrics HTTP/1.1\r\n\r\n") == "405");
    CHECK(read("GET / HTTP/2.0\r\n\r\n") == "505");
    for (const std::string wrong : {"nonsense", "GET /", "GET  HTTP/1.1", "GET / x HTTP/1.1", "GET http://a/ HTTP/1.1",
                                    "GET / SPDY/1.1", "", "\x16\x03\x01\x02", "GET /\tHTTP/1.1"}) {
        INFO(wrong);
        CHECK(read(wrong + "\r\n\r\n") == "400");
    }
    CHECK(read("GET /" + std::string(longest_request_head, 'a')) == "431");
    CHECK(read("GET /" + std::string(longest_request_head, 'a') + " HTTP/1.1\r\n\r\n") == "431");
    CHECK(read("GET / HTTP/1.1\r\n" + std::string(longest_request_head, 'a')) == "431");
}

TEST_CASE("an answer carries its length, and to a HEAD no body") {
    CHECK(to_http({200, "ok\n"}, ProbeRequest::Method::Get) ==
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n"
          "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nok\n");
    CHECK_THAT(to_http({404, "gone"}, ProbeRequest::Method::Head), Catch::StartsWith("HTTP/1.1 404 Not Found\r\n") &&
                                                                       Catch::Contains("Content-Length: 4\r\n") &&
                                                                       Catch::EndsWith("\r\n\r\n"));
}
