#include "postgres/tls_failure.hpp"

#include <array>

namespace lockkeeper::postgres {
namespace {

struct Phrase {
    std::string_view says;
    std::string_view means;
};

constexpr std::string_view own_refused =
    "the server refuses the client certificate: its authority is none that the server trusts, or the certificate is "
    "not "
    "valid now";
constexpr std::string_view own_unusable =
    "the client certificate cannot be used: certificate and key must be PEM, and belong together";

/// The most telling first: several may stand in one message, where several addresses were tried.
/// Source: PostgreSQL, fe-secure-openssl.c, fe-secure-common.c and fe-connect.c; OpenSSL, ssl_err.c.
constexpr std::array phrases{
    Phrase{"does not match host name",
           "the server's certificate is for other host names than the one of the connection"},
    Phrase{"could not get server's host name",
           "the server's certificate is for other host names than the one of the connection"},
    Phrase{"root certificate file", "there is no usable certificate of an authority (CA) to verify the server with"},
    Phrase{"certificate verify failed",
           "the server's certificate cannot be trusted: it is not of the given authority (CA), or not valid now"},
    // What OpenSSL says where an authority of the expected name has another key, as one that was made anew has.
    Phrase{"SSL error: EVP lib",
           "the server's certificate cannot be trusted: it is not of the given authority (CA), or not valid now"},
    Phrase{"alert decrypt error", own_refused},
    Phrase{"certificate expired", "the server refuses the client certificate: it has expired"},
    Phrase{"certificate required", "the server asks for a client certificate, and there is none"},
    Phrase{"unknown ca", own_refused},
    Phrase{"bad certificate", own_refused},
    Phrase{"certificate unknown", own_refused},
    Phrase{"certificate revoked", "the server refuses the client certificate: it is revoked"},
    Phrase{"could not read certificate file", own_unusable},
    Phrase{"could not load private key file", own_unusable},
    Phrase{"certificate does not match private key", own_unusable},
    Phrase{"could not open certificate file", own_unusable},
    Phrase{"private key file", own_unusable},
    Phrase{"server does not support SSL", "the server has no TLS, which the connection asks for"},
    Phrase{"SSL error", "the TLS connection could not be made"},
};

}  // namespace

std::optional<std::string_view> tls_failure_of(std::string_view message) {
    for (const auto& phrase : phrases) {
        if (message.find(phrase.says) != std::string_view::npos) return phrase.means;
    }
    return std::nullopt;
}

}  // namespace lockkeeper::postgres
