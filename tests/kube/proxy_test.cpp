#include "kube/proxy.hpp"

#include "kube/transport.hpp"
#include "support/connect_proxy.hpp"
#include "support/scripted_api_server.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::kube;
using namespace lockkeeper::tests;
using Catch::Matchers::Contains;

namespace {

HttpRequest get() {
    HttpRequest request;
    request.method = "GET";
    request.path = "/";
    return request;
}

std::uint16_t port_of(const ScriptedApiServer& server) {
    return static_cast<std::uint16_t>(std::stoi(server.url().substr(server.url().rfind(':') + 1)));
}

/// The server under a name that only the proxy knows, with a certificate for another name.
ClientConfig behind(const ConnectProxy& proxy, const ScriptedApiServer& server, const std::string& login = "") {
    auto config = server.config();
    config.server = "https://api.invalid:6443";
    config.tls_server_name = "inner.example.com";
    config.proxy_url = SecretText("http://" + login + proxy.address());
    return config;
}

TransportFailure failure_of(const ClientConfig& config) {
    try {
        connect_transport(config, {})->send(get(), {});
    } catch (const TransportError& error) {
        return {error.kind(), error.what()};
    }
    FAIL("an answer, where a failure was expected");
    return {};
}

}  // namespace

TEST_CASE("a proxy's address, user and password are told apart") {
    const auto plain = Proxy::parse("http://proxy.example.com:3128/");
    CHECK(plain.address == "http://proxy.example.com:3128");
    CHECK(plain.user.empty());
    const auto full = Proxy::parse("http://me%40home:p%3Aw%@proxy:3128");
    CHECK(full.address == "http://proxy:3128");
    CHECK(full.user == "me@home");
    CHECK(full.password.reveal() == "p:w%");
}

TEST_CASE("a proxy that is not supported is refused with what to write, and quoted nowhere") {
    CHECK(what_is_wrong_with_proxy("http://proxy:3128").empty());
    CHECK_THAT(what_is_wrong_with_proxy("socks5://me:hunter2@p"),
               Contains("socks5") && Contains("write http://host:port") && !Contains("hunter2"));
    CHECK_THAT(what_is_wrong_with_proxy("https://p"), Contains("not supported"));
    CHECK_THAT(what_is_wrong_with_proxy("http://[::1]:3128"), Contains("IPv6"));
    CHECK_THAT(what_is_wrong_with_proxy("http://me:hunter2@"), Contains("no host") && !Contains("hunter2"));
}

TEST_CASE("NO_PROXY is read as Go reads it") {
    const auto direct = [](const std::string& no_proxy, const std::string& server = "https://api.example.com:6443") {
        return is_reached_directly(server, no_proxy);
    };
    CHECK_FALSE(direct(""));
    CHECK(direct("*"));
    CHECK(direct("other, api.example.com"));
    CHECK(direct("API.Example.COM"));
    CHECK(direct("example.com"));
    CHECK(direct(".example.com"));
    CHECK(direct("*.example.com"));
    CHECK_FALSE(direct("ple.com"));
    CHECK_FALSE(direct(".api.example.com"));
    CHECK(direct("api.example.com:6443"));
    CHECK_FALSE(direct("api.example.com:443"));
    CHECK(direct("example.com:443", "https://example.com/prefix"));
    CHECK(direct("10.0.0.1", "https://10.0.0.1:6443"));
    CHECK(direct("10.0.0.0/8", "https://10.1.2.3"));
    CHECK(direct("0.0.0.0/0", "https://10.1.2.3"));
    CHECK_FALSE(direct("10.0.0.0/8", "https://11.1.2.3"));
    CHECK_FALSE(direct("10.0.0.0/8,10.0.0.0/33,10.0.0.0/x"));
    CHECK(direct("", "https://localhost:6443"));
    CHECK(direct("", "https://127.0.0.1:6443"));
}

TEST_CASE("a server is reached through a tunnel, which is kept, and trusted by its own certificate") {
    ScriptedApiServer server(answer(200, "{}"), "DNS:inner.example.com");
    const ConnectProxy proxy(port_of(server));
    auto config = behind(proxy, server, "me:p%40ss@");
    const auto transport = connect_transport(config, {});
    for (int request = 0; request < 3; ++request) CHECK(transport->send(get(), {}).head.status == 200);
    CHECK(server.requests().back().connection <= 2);  // a connection is put back a moment after its answer
    REQUIRE_FALSE(proxy.seen().empty());
    CHECK(proxy.seen()[0].target == "api.invalid:6443");
    CHECK(proxy.seen()[0].authorization == "Basic bWU6cEBzcw==");
    CHECK_FALSE(server.requests()[0].headers.contains("proxy-authorization"));
    config.tls_server_name.clear();
    CHECK(failure_of(config).kind == TransportError::Kind::Tls);
}

TEST_CASE("a stream comes through a tunnel as it does without one") {
    ScriptedApiServer server(
        [](const SeenRequest&, Reply& reply) {
            reply.begin_chunks(200);
            reply.chunk("one");
            reply.stay_silent();
        },
        "DNS:inner.example.com");
    const ConnectProxy proxy(port_of(server));
    const auto transport = connect_transport(behind(proxy, server), {});
    {
        const auto stream = transport->open(get(), {});
        CHECK(stream->read(std::chrono::seconds(20), {}) == "one");
    }
    while (server.connections() > 0) std::this_thread::yield();
}

TEST_CASE("a proxy that refuses, or is not there, is told from the server") {
    ScriptedApiServer server(answer(200, "{}"), "DNS:inner.example.com");
    const ConnectProxy proxy(port_of(server), 407);
    const auto refused = failure_of(behind(proxy, server, "me:hunter2@"));
    CHECK(refused.kind == TransportError::Kind::Unreachable);
    CHECK_THAT(refused.message, Contains("proxy") && Contains("407") && !Contains("hunter2"));
    auto config = server.config();
    config.proxy_url = SecretText("http://127.0.0.1:1");
    const auto missing = failure_of(config);
    CHECK(missing.kind == TransportError::Kind::Unreachable);
    CHECK_THAT(missing.message, Contains("proxy"));
    CHECK(server.request_count() == 0);
}
