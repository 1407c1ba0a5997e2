#include "postgres/connection.hpp"
#include "support/tls_postgres.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace lockkeeper::postgres;
using namespace lockkeeper::tests;
using Catch::Matchers::Contains;

namespace {

ConnectionParts app_at(const TlsPostgres& server) {
    return {.host = "127.0.0.1",
            .port = server.port(),
            .database = "app",
            .user = "app",
            .password = {},
            .ssl_mode = {},
            .parameters = {}};
}

ClientCertificate certificate(const Identity& identity) {
    return {identity.certificate, identity.key};
}

/// What the connection says that is refused.
std::string refusal(const ConnectionParts& parts, const std::string& authority,
                    const std::optional<ClientCertificate>& own) {
    auto url = ConnectionUrl::of_parts(parts);
    if (!authority.empty() || own) url.use_certificates(authority, own);
    try {
        Connection::open(url, {});
    } catch (const TlsError& error) {
        return std::string("TLS: ") + error.what();
    } catch (const ConnectError& error) {
        return error.sqlstate() + ": " + error.what();
    }
    return "connected";
}

std::size_t open_private_files() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        if (std::filesystem::read_symlink(entry, gone).string().starts_with("/memfd:lockkeeper")) ++count;
    }
    return count;
}

}  // namespace

TEST_CASE(
    "a server that asks for TLS and a client certificate is reached, verified in full, and nothing stays behind") {
    const TlsPostgres server;
    const auto own = server.authority().issue("app", "");
    {
        auto url = ConnectionUrl::of_parts(app_at(server));
        url.use_certificates(server.authority().certificate(), certificate(own));
        auto copy = url;
        auto session = Connection::open(copy, {});
        const auto seen = session.query("SELECT ssl, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
        CHECK(seen.text(0, 0) == "t");
        CHECK(seen.text(0, 1) == "/CN=app");
        CHECK(open_private_files() == 3);
    }
    CHECK(open_private_files() == 0);

    auto url = ConnectionUrl::parse("host=127.0.0.1 dbname=app user=app port=" + std::to_string(server.port()),
                                    UrlTrust::Tenant);
    url.use_certificates(server.authority().certificate(), certificate(own));
    CHECK_NOTHROW(Connection::open(url, {}));
}

TEST_CASE("what is wrong with a certificate is said, by whose it is") {
    const TlsPostgres server;
    const TestAuthority stranger("somebody");
    const TestAuthority made_anew("authority of the database");  // the same name, another key
    const auto ca = server.authority().certificate();
    const auto own = certificate(server.authority().issue("app", ""));
    const auto good = app_at(server);
    REQUIRE(refusal(good, ca, own) == "connected");

    for (const auto* authority : {&stranger, &made_anew}) {
        CHECK_THAT(refusal(good, authority->certificate(), own),
                   Contains("TLS: the server's certificate cannot be trusted"));
        CHECK_THAT(refusal(good, ca, certificate(authority->issue("app", ""))),
                   Contains("TLS: the server refuses the client certificate: its authority"));
    }
    auto other_name = good;
    other_name.host = "localhost";
    other_name.parameters["hostaddr"] = "127.0.0.1";
    CHECK_THAT(refusal(other_name, ca, own), Contains("TLS: the server's certificate is for other host names"));
    other_name.ssl_mode = "verify-ca";
    CHECK(refusal(other_name, ca, own) == "connected");

    CHECK_THAT(refusal(good, ca, certificate(server.authority().issue_expired("app"))),
               Contains("TLS: the server refuses the client certificate: it has expired"));
    CHECK_THAT(refusal(good, ca, std::nullopt),
               Contains("28000: ") && Contains("ask for TLS or for a client certificate"));
    CHECK_THAT(refusal(good, ca, certificate(server.authority().issue("somebody", ""))), Contains("28000: "));

    const auto unusable = "TLS: the client certificate cannot be used";
    CHECK_THAT(refusal(good, ca, ClientCertificate{own.certificate, server.authority().issue("app", "").key}),
               Contains(unusable));
    CHECK_THAT(refusal(good, ca, ClientCertificate{"S3cret", own.key}), Contains(unusable) && !Contains("S3cret"));
    CHECK_THAT(refusal(good, ca, ClientCertificate{own.certificate, "S3cret"}),
               Contains(unusable) && !Contains("S3cret"));
    CHECK_THAT(refusal(good, "garbage", own), Contains("TLS: there is no usable certificate of an authority"));
    auto unverified = good;
    unverified.ssl_mode = "verify-full";
    CHECK_THAT(refusal(unverified, "", std::nullopt), Contains("TLS: there is no usable certificate of an authority"));
    unverified.ssl_mode = "disable";
    CHECK_THAT(refusal(unverified, "", std::nullopt), Contains("28000: "));
}
