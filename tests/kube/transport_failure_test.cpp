#include "kube/transport_failure.hpp"

#include <catch2/catch.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

using namespace lockkeeper::kube;
using Kind = TransportFailure::Kind;

namespace {

TransportFailure failure(const std::string& what, int code, const std::string& verdict = "") {
    return transport_failure(what, std::error_code(code, std::generic_category()), verdict);
}

}  // namespace

TEST_CASE("the HTTP library's messages tell how far a request came") {
    CHECK(failure("Failed to connect to any resolved endpoint", EHOSTUNREACH).kind == Kind::Unreachable);
    CHECK(failure("Error resolving address", 1).kind == Kind::Unreachable);
    CHECK(failure("Error in SSL handshake", 1).kind == Kind::Tls);
    CHECK(failure("Invalid HTTP status line", 0).kind == Kind::Garbled);
    CHECK(failure("Failed to read HTTP status line", ECONNRESET).kind == Kind::Lost);
    CHECK(failure("Failed to read HTTP status line", ETIMEDOUT).kind == Kind::Timeout);
}

TEST_CASE("a failure says as much as is known") {
    CHECK(failure("Failed to connect", EHOSTUNREACH).message == "Failed to connect: connection refused");
    CHECK(failure("Failed to write", EPIPE).message == "Failed to write: Broken pipe");
    CHECK(failure("Failed to read", 2).message == "Failed to read");
    CHECK(failure("Error in SSL handshake", 1, "certificate has expired").message ==
          "Error in SSL handshake: certificate has expired");
    const auto alert = ERR_PACK(ERR_LIB_SSL, 0, SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED);
    CHECK(failure("Failed to read", static_cast<int>(alert)).message ==
          "Failed to read: tlsv13 alert certificate required");
}
