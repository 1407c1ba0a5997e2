#include "postgres/connection_url.hpp"
#include "postgres/private_file.hpp"
#include "postgres/tls_failure.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace lockkeeper::postgres;
using Catch::Matchers::Contains;

namespace {

ConnectionParts parts() {
    return {.host = "db", .port = 5432, .database = "d", .user = "u", .password = {}, .ssl_mode = {}, .parameters = {}};
}

std::string refusal_of(const ConnectionParts& given) {
    try {
        ConnectionUrl::of_parts(given);
    } catch (const InvalidConnectionUrl& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("parts of a connection are held to what a connection string may say") {
    CHECK(refusal_of(parts()) == "accepted");
    for (const std::string name : {"sslkey", "sslcert", "sslrootcert", "passfile", "service", "options", "nonsense"}) {
        auto given = parts();
        given.parameters[name] = "S3cret";
        CHECK_THAT(refusal_of(given), Contains("'" + name + "'") && !Contains("S3cret"));
    }
    for (const std::string name : {"host", "port", "dbname", "user", "password", "sslmode"}) {
        auto given = parts();
        given.parameters[name] = "x";
        CHECK_THAT(refusal_of(given), Contains("has a field of its own"));
    }
    for (const std::string host : {"", "/run/postgresql", "@x", "a,/run"}) {
        auto given = parts();
        given.host = host;
        CHECK_THAT(refusal_of(given), Contains("names no host"));
    }
}

TEST_CASE("certificates are never passed over in silence") {
    for (const std::string mode : {"disable", "allow", "prefer"}) {
        auto url = ConnectionUrl::parse("host=db dbname=d sslmode=" + mode, UrlTrust::Tenant);
        CHECK_THROWS_AS(url.use_certificates("ca", std::nullopt), InvalidConnectionUrl);
    }
    for (const std::string mode : {"require", "verify-ca", "verify-full"}) {
        auto url = ConnectionUrl::parse("host=db dbname=d sslmode=" + mode, UrlTrust::Tenant);
        CHECK_NOTHROW(url.use_certificates("ca", std::nullopt));
    }
}

TEST_CASE("a private file can be read by its path, by this user alone, and is gone with its object") {
    std::string path;
    {
        const PrivateFile file("text");
        path = file.path();
        struct stat status {};
        REQUIRE(::stat(path.c_str(), &status) == 0);
        CHECK(S_ISREG(status.st_mode));
        CHECK((status.st_mode & 0777U) == 0600U);
        std::ifstream stream(path);
        std::ostringstream text;
        text << stream.rdbuf();
        CHECK(text.str() == "text");
        const int descriptor = std::stoi(path.substr(path.rfind('/') + 1));
        CHECK((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a failure of TLS is told from others by what libpq says of it, and nothing of that is repeated") {
    CHECK(tls_failure_of("connection to server at \"h\", port 1 failed: SSL error: certificate verify failed"));
    CHECK(tls_failure_of("server certificate for \"a\" does not match host name \"b\""));
    CHECK(tls_failure_of("SSL error: some day another one") == "the TLS connection could not be made");
    CHECK_FALSE(tls_failure_of("connection to server at \"h\", port 1 failed: Connection refused"));
    CHECK_FALSE(tls_failure_of(""));
}

TEST_CASE("connections are the same if their parts and the texts of their certificates are") {
    const auto with = [](const std::string& authority, const std::optional<ClientCertificate>& own) {
        auto url = ConnectionUrl::of_parts(parts());
        url.use_certificates(authority, own);
        return url;
    };
    const auto plain = ConnectionUrl::of_parts(parts());
    CHECK(plain == ConnectionUrl::of_parts(parts()));
    CHECK(with("ca", ClientCertificate{"crt", "key"}) == with("ca", ClientCertificate{"crt", "key"}));
    CHECK_FALSE(with("ca", ClientCertificate{"crt", "key"}) == with("ca", ClientCertificate{"crt", "other"}));
    CHECK_FALSE(with("ca", {}) == with("cb", {}));
    CHECK_FALSE(with("ca", {}) == with("", ClientCertificate{"crt", "key"}));
    CHECK_FALSE(with("ca", {}) == plain);
    auto others = parts();
    others.password = "S3cret";
    CHECK_FALSE(plain == ConnectionUrl::of_parts(others));
    others.password.clear();
    others.user = "v";
    CHECK_FALSE(plain == ConnectionUrl::of_parts(others));
}
