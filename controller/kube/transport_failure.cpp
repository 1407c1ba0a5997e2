#include "kube/transport_failure.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace lockkeeper::kube {
namespace {

using Kind = TransportFailure::Kind;

constexpr int greatest_errno = 4'095;

Kind kind_of(std::string_view what, const std::error_code& code) {
    if (code == std::errc::timed_out) return Kind::Timeout;
    if (what.starts_with("Failed to connect") || what.starts_with("Error resolving") ||
        what.starts_with("Failed to resolve") || what.find("proxy") != std::string_view::npos) {
        return Kind::Unreachable;
    }
    if (what.starts_with("Error in SSL handshake")) return Kind::Tls;
    if (what.starts_with("Invalid")) return Kind::Garbled;
    return Kind::Lost;
}

std::string detail_of(const std::error_code& code) {
    if (code == std::errc::host_unreachable) return "connection refused";  // which the library makes this of
    if (code.value() <= 2) return {};  // the end of a connection, and that of a TLS stream without a farewell
    if (code.value() <= greatest_errno) return code.message();
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, nullptr);
    const char* const reason = ERR_reason_error_string(static_cast<unsigned long>(code.value()));
    return reason == nullptr ? std::string() : reason;
}

}  // namespace

TransportFailure transport_failure(std::string_view what, const std::error_code& code, const std::string& verdict) {
    const auto detail = verdict.empty() ? detail_of(code) : verdict;
    return {kind_of(what, code), std::string(what) + (detail.empty() ? "" : ": " + detail)};
}

}  // namespace lockkeeper::kube
