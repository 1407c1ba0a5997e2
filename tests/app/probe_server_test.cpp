#include "app/probe_server.hpp"

#include "support/http_probe.hpp"

#include <catch2/catch.hpp>
#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <vector>

using namespace lockkeeper::app;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

ProbeAnswer show(const std::string& path) {
    if (path == "/throws") throw std::runtime_error("secret");
    if (path == "/long") return {200, std::string(std::size_t{32} << 20U, 'x')};
    return {200, "you asked for " + path};
}

struct Server {
    explicit Server(ProbeServer::Limits limits = {}) : server({"127.0.0.1", 0}, show, limits) {}

    Socket connect() const { return connect_to_loopback(server.port()); }
    /// Is another client answered, and how soon?
    bool answers_within(std::chrono::milliseconds limit) const {
        const auto begin = std::chrono::steady_clock::now();
        const auto answer = get_from_loopback(server.port(), "/healthz");
        return answer.starts_with("HTTP/1.1 200 OK\r\n") && std::chrono::steady_clock::now() - begin < limit;
    }

    ProbeServer server;
};

std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
}

}  // namespace

TEST_CASE("a GET is answered by its path, and the connection ended") {
    const Server server;
    const auto answer = get_from_loopback(server.server.port(), "/metrics?x=1");
    CHECK_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n") && Contains("\r\n\r\nyou asked for /metrics"));
}

TEST_CASE("a request may come byte by byte") {
    const Server server;
    const auto socket = server.connect();
    for (const char byte : std::string("GET /slow HTTP/1.1\r\n\r\n")) send_bytes(socket, std::string(1, byte));
    CHECK_THAT(read_to_end(socket), Contains("you asked for /slow"));
}

TEST_CASE("an answer that cannot be made is an error without its cause") {
    const Server server;
    const auto answer = get_from_loopback(server.server.port(), "/throws");
    CHECK_THAT(answer, StartsWith("HTTP/1.1 500 ") && !Contains("secret"));
}

TEST_CASE("clients that say nothing do not keep others waiting") {
    const Server server({.connections = 16, .deadline = 60s});
    std::vector<Socket> silent;
    for (int count = 0; count < 15; ++count) silent.push_back(server.connect());
    send_bytes(silent.front(), "GET /healthz HT");
    CHECK(server.answers_within(10s));
}

TEST_CASE("a client that says nothing for too long is shown the door") {
    const Server server({.connections = 16, .deadline = 50ms});
    const auto silent = server.connect();
    const auto half = server.connect();
    send_bytes(half, "GET /healthz HT");
    CHECK(read_to_end(silent).empty());  // returns, since the server closes
    CHECK(read_to_end(half).empty());
}

TEST_CASE("a client that never stops dripping bytes has no more time than others") {
    const Server server({.connections = 16, .deadline = 200ms});
    const auto socket = server.connect();
    const auto begin = std::chrono::steady_clock::now();
    std::size_t sent = send_bytes(socket, "GET / HTTP/1.1\r\n");
    while (send_bytes(socket, "a") == 1 && ++sent < 4'000'000 && std::chrono::steady_clock::now() - begin < 60s) {
    }
    CHECK(std::chrono::steady_clock::now() - begin < 30s);
    CHECK(server.answers_within(10s));
}

TEST_CASE("a thousand connections that stay open leave room for one more") {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    const auto before = open_descriptors();
    {
        const Server server({.connections = 64, .deadline = 60s});
        std::vector<Socket> flood;
        for (int count = 0; count < 1'000; ++count) {
            flood.push_back(server.connect());
            REQUIRE(flood.back());
        }
        CHECK(server.answers_within(10s));
        CHECK(open_descriptors() < before + 1'000 + 64 + 16);
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("a request line of a mebibyte is refused with an answer that arrives") {
    const Server server;
    const auto socket = server.connect();
    send_bytes(socket, "GET /" + std::string(std::size_t{1} << 20U, 'a') + " HTTP/1.1\r\n\r\n");
    CHECK_THAT(read_to_end(socket), StartsWith("HTTP/1.1 431 "));
    CHECK(server.answers_within(10s));
}

TEST_CASE("a client that does not read its answer does not keep others waiting") {
    const Server server({.connections = 16, .deadline = 60s});
    const auto lazy = server.connect();
    send_bytes(lazy, "GET /long HTTP/1.1\r\n\r\n");
    CHECK(server.answers_within(10s));
    CHECK(read_to_end(lazy).size() > std::size_t{32} << 20U);
}

TEST_CASE("garbage, a TLS greeting and half a request are no more than that") {
    const Server server;
    for (const std::string bytes : {"\r\n\r\n", "\x16\x03\x01\r\n\r\n", "GET / HTTP/9\r\n\r\n"}) {
        const auto socket = server.connect();
        send_bytes(socket, bytes);
        CHECK_THAT(read_to_end(socket), StartsWith("HTTP/1.1 "));
    }
    {
        const auto half = server.connect();
        send_bytes(half, "GET /");
    }
    CHECK(server.answers_within(10s));
}
