#include "kube/system_authorities.hpp"

#include <openssl/ssl.h>

namespace lockkeeper::kube {
namespace {

thread_local bool are_left_out = false;

}  // namespace

void leave_system_authorities_out_on_this_thread() {
    are_left_out = true;
}

void trust_system_authorities(ssl_ctx_st* context) {
    X509_STORE_set_default_paths(SSL_CTX_get_cert_store(context));
}

}  // namespace lockkeeper::kube

/// In the place of OpenSSL's, for all libraries of the process: a program's own symbol goes first. What it does where
/// it does anything is what OpenSSL's does.
// NOLINTNEXTLINE(readability-identifier-naming): OpenSSL's name
extern "C" int SSL_CTX_set_default_verify_paths(SSL_CTX* context) {
    if (lockkeeper::kube::are_left_out) return 1;
    return X509_STORE_set_default_paths(SSL_CTX_get_cert_store(context));
}
