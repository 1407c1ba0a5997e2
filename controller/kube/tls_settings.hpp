#pragma once

#include "kube/tls_material.hpp"

#include <memory>
#include <mutex>
#include <string>

struct ssl_ctx_st;

namespace lockkeeper::kube {

/// Why the last handshake did not trust its server, in OpenSSL's words; what the HTTP library reports of a failed
/// handshake is only that it failed. Safe from any thread.
class TlsDiagnosis {
  public:
    void set(std::string reason);
    std::string take();

  private:
    std::mutex mutex_;
    std::string reason_;
};

/// Prepares a client's context: TLS 1.2 or newer, trust in the material's authorities and in nobody else, a certificate
/// that names `host` (a DNS name or an IPv4 address) among its subjectAltNames, and our own certificate. Throws
/// InvalidClientConfig for PEM that cannot be used.
void apply_tls(ssl_ctx_st* context, const TlsMaterial& material, const std::string& host,
               const std::shared_ptr<TlsDiagnosis>& diagnosis);

}  // namespace lockkeeper::kube
