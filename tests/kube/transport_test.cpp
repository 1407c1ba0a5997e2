#include "kube/transport.hpp"

#include "support/scripted_api_server.hpp"
#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

using namespace lockkeeper;
using namespace lockkeeper::kube;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Kind = TransportError::Kind;

namespace {

HttpRequest get(const std::string& path = "/", std::chrono::milliseconds deadline = 10s) {
    HttpRequest request;
    request.method = "GET";
    request.path = path;
    request.deadline = deadline;
    return request;
}

HttpResponse send(const ClientConfig& config, const HttpRequest& request = get()) {
    return connect_transport(config, {})->send(request, {});
}

/// What a request fails with, as `kind` and words.
TransportFailure failure_of(const ClientConfig& config, const HttpRequest& request = get(),
                            const Transport::Options& options = {}, const std::stop_token& stop = {}) {
    const auto transport = connect_transport(config, options);
    try {
        transport->send(request, stop);
    } catch (const TransportError& error) {
        return {error.kind(), error.what()};
    }
    FAIL("an answer, where a failure was expected");
    return {};
}

const Script silence = [](const SeenRequest&, Reply& reply) { reply.stay_silent(); };

}  // namespace

TEST_CASE("a request arrives as it was meant, and its answer comes back") {
    ScriptedApiServer server(answer(201, "made", {{"X-Kind", "test"}}));
    HttpRequest request = get("/api/v1/x%2Fy");
    request.method = "PATCH";
    request.query = {{"labelSelector", "a=b,c in (d e)"}, {"watch", "true"}};
    request.headers = {{"Authorization", "Bearer t"}, {"Content-Type", "application/apply-patch+yaml"}};
    request.body = "{\"gr\xC3\xBC\xC3\x9F\":1}";
    const auto response = send(server.config(), request);
    CHECK(response.head.status == 201);
    CHECK(response.head.header("x-kind") == "test");
    CHECK(response.body == "made");
    const auto seen = server.requests().at(0);
    CHECK(seen.method == "PATCH");
    CHECK(seen.path == "/api/v1/x%2Fy");
    CHECK(seen.query.at("labelSelector") == "a%3Db%2Cc%20in%20%28d%20e%29");
    CHECK(seen.headers.at("authorization") == "Bearer t");
    CHECK(seen.headers.at("content-type") == "application/apply-patch+yaml");
    CHECK(seen.body == request.body);
}

TEST_CASE("a server below a path prefix is reached there") {
    ScriptedApiServer server(answer(200, "{}"));
    auto config = server.config();
    config.server += "/k8s/clusters/c-1";
    send(config, get("/api/v1/pods"));
    CHECK(server.requests().at(0).path == "/k8s/clusters/c-1/api/v1/pods");
}

TEST_CASE("an answer without a body, and one of an error, are answers") {
    ScriptedApiServer server(
        in_turn({answer(204, ""), answer(404, "no such thing"), answer(302, "", {{"Location", "/"}})}));
    const auto transport = connect_transport(server.config(), {});
    CHECK(transport->send(get(), {}).head.status == 204);
    CHECK(transport->send(get(), {}).body == "no such thing");
    CHECK(transport->send(get(), {}).head.status == 302);
    CHECK(server.request_count() == 3);
}

TEST_CASE("a large answer in chunks comes whole") {
    const std::string piece(50'000, 'x');
    ScriptedApiServer server([&](const SeenRequest&, Reply& reply) {
        reply.begin_chunks(200);
        for (int count = 0; count < 200; ++count) reply.chunk(piece);
        reply.end_chunks();
    });
    CHECK(send(server.config()).body.size() == 10'000'000);
}

TEST_CASE("an answer that is longer than allowed is given up") {
    ScriptedApiServer server(answer(200, std::string(1'000, 'x')));
    const auto failure = failure_of(server.config(), get(), {.largest_body = 999});
    CHECK(failure.kind == Kind::Garbled);
    CHECK_THAT(failure.message, Contains("longer than 999 bytes"));
}

TEST_CASE("a connection is kept, and one that the server closed meanwhile is replaced unnoticed") {
    const Script closing = [](const SeenRequest&, Reply& reply) {
        reply.send(200, "{}");
        reply.close_after();
    };
    ScriptedApiServer server(in_turn({answer(200, "{}"), closing, answer(200, "{}")}));
    const auto transport = connect_transport(server.config(), {});
    CHECK(transport->send(get(), {}).head.status == 200);
    CHECK(transport->send(get(), {}).head.status == 200);
    while (server.connections() > 0) std::this_thread::yield();
    CHECK(transport->send(get(), {}).head.status == 200);
    CHECK(server.request_count() == 3);
}

TEST_CASE("a server that is not there is unreachable") {
    ScriptedApiServer server(answer(200, "{}"));
    const auto config = server.config();
    server.stop();
    const auto failure = failure_of(config);
    CHECK(failure.kind == Kind::Unreachable);
    CHECK_THAT(failure.message, Contains("GET " + config.server) && Contains("connection refused"));
}

TEST_CASE("a connection that ends before the answer is lost") {
    ScriptedApiServer server(in_turn({[](const SeenRequest&, Reply& reply) { reply.cut(); },
                                      [](const SeenRequest&, Reply& reply) {
                                          reply.begin_chunks(200);
                                          reply.chunk("half");
                                          reply.cut();
                                      }}));
    CHECK(failure_of(server.config()).kind == Kind::Lost);
    CHECK(failure_of(server.config()).kind == Kind::Lost);
}

TEST_CASE("the deadline is for the whole answer, however busy the server seems") {
    ScriptedApiServer server(in_turn({silence, [](const SeenRequest&, Reply& reply) {
                                          reply.begin_chunks(200);
                                          while (reply.is_open()) {
                                              reply.chunk("x");
                                              std::this_thread::sleep_for(10ms);
                                          }
                                      }}));
    CHECK(failure_of(server.config(), get("/", 100ms)).kind == Kind::Timeout);
    CHECK(failure_of(server.config(), get("/", 100ms)).kind == Kind::Timeout);
}

TEST_CASE("a stop ends a request that hangs, at once") {
    ScriptedApiServer server(silence);
    std::stop_source stop;
    const auto config = server.config();
    std::jthread stopper([&] {
        while (server.request_count() == 0) std::this_thread::yield();
        stop.request_stop();
    });
    const auto began = std::chrono::steady_clock::now();
    CHECK(failure_of(config, get("/", 1h), {}, stop.get_token()).kind == Kind::Interrupted);
    CHECK(std::chrono::steady_clock::now() - began < 2s);
}

TEST_CASE("a server of another authority is not trusted, and the reason is told") {
    ScriptedApiServer server(answer(200, "{}"));
    auto config = server.config();
    const TestAuthority other("another authority");
    config.certificate_authority.text = SecretText(other.certificate());
    const auto failure = failure_of(config);
    CHECK(failure.kind == Kind::Tls);
    CHECK_THAT(failure.message, Contains("self-signed certificate in certificate chain"));
    CHECK(server.request_count() == 0);
}

TEST_CASE("an authority whose file is replaced is trusted after the first handshake that failed") {
    ScriptedApiServer server(answer(200, "{}"));
    const TestAuthority other("another authority");
    const TemporaryFolder folder;
    folder.write("ca.crt", other.certificate());
    auto config = server.config();
    config.certificate_authority = {.text = {}, .file = folder.path("ca.crt")};
    const auto transport = connect_transport(config, {});
    CHECK_THROWS_AS(transport->send(get(), {}), TransportError);
    folder.write("ca.crt", server.authority().certificate());
    CHECK(transport->send(get(), {}).head.status == 200);
}

TEST_CASE("a certificate for another address is not trusted, unless its name is the one expected") {
    ScriptedApiServer server(answer(200, "{}"), "DNS:api.example.com");
    auto config = server.config();
    const auto failure = failure_of(config);
    CHECK(failure.kind == Kind::Tls);
    CHECK_THAT(failure.message, Contains("mismatch"));
    config.tls_server_name = "api.example.com";
    CHECK(send(config).head.status == 200);
}

TEST_CASE(
    "the system's authorities are trusted where a configuration names none, and are not even read where it does") {
    ScriptedApiServer server(answer(200, "{}"));
    const TemporaryFolder folder;
    folder.write("system.crt", server.authority().certificate());
    const std::string before = ::getenv("SSL_CERT_FILE");
    ::setenv("SSL_CERT_FILE", folder.path("system.crt").c_str(), 1);
    auto config = server.config();
    config.certificate_authority = {};
    CHECK(send(config).head.status == 200);
    // Whoever opens a pipe that nobody writes to waits for ever.
    REQUIRE(::mkfifo(folder.path("pipe").c_str(), 0600) == 0);
    ::setenv("SSL_CERT_FILE", folder.path("pipe").c_str(), 1);
    const auto own = connect_transport(server.config(), {});
    CHECK_NOTHROW(own->send(get(), {}));
    const int writer = ::open(folder.path("pipe").c_str(), O_RDWR | O_CLOEXEC);  // lets go whoever does
    ::setenv("SSL_CERT_FILE", before.c_str(), 1);
    ::close(writer);
}

TEST_CASE("a common name is no name of a server") {
    ScriptedApiServer server(answer(200, "{}"), "");
    auto config = server.config();
    config.tls_server_name = "scripted server";
    CHECK(failure_of(config).kind == Kind::Tls);
}

TEST_CASE("without verification any certificate will do") {
    ScriptedApiServer server(answer(200, "{}"), "DNS:elsewhere");
    ClientConfig config;
    config.server = server.url();
    config.insecure_skip_tls_verify = true;
    CHECK(send(config).head.status == 200);
}

TEST_CASE("a client's certificate is presented, from text or from files") {
    ScriptedApiServer server(answer(200, "{}"));
    const auto me = server.authority().issue("me", "");
    auto config = server.config();
    config.client_certificate.text = SecretText(me.certificate);
    config.client_key.text = SecretText(me.key);
    send(config);
    TemporaryFolder folder;
    folder.write("me.crt", me.certificate);
    folder.write("me.key", me.key);
    config = server.config();
    config.client_certificate.file = folder.path("me.crt");
    config.client_key.file = folder.path("me.key");
    send(config);
    CHECK(server.requests().at(0).client == "me");
    CHECK(server.requests().at(1).client == "me");
}

TEST_CASE("certificates that cannot be used are refused by name, without a word of them") {
    ScriptedApiServer server(answer(200, "{}"));
    const auto me = server.authority().issue("me", "");
    const auto other = server.authority().issue("other", "");
    auto config = server.config();
    config.certificate_authority.text = SecretText("hunter2");
    CHECK_THAT(failure_of(config).message,
               Contains("certificate-authority holds no certificate") && !Contains("hunter2"));
    config = server.config();
    config.client_certificate.text = SecretText(me.certificate);
    config.client_key.text = SecretText("hunter2");
    CHECK_THAT(failure_of(config).message, Contains("client-key is no private key") && !Contains("hunter2"));
    config.client_key.text = SecretText(other.key);
    CHECK_THAT(failure_of(config).message, Contains("client-key does not belong"));
    config.client_key = {.text = {}, .file = "/nowhere/me.key"};
    CHECK_THROWS_WITH(connect_transport(config, {}), Contains("client-key cannot be read: /nowhere/me.key"));
}
