#include "kube/tls_settings.hpp"

#include "kube/openssl_pointers.hpp"
#include "kube/server_url.hpp"
#include "kube/system_authorities.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <utility>

namespace lockkeeper::kube {
namespace {

using openssl::Bio;
using openssl::Certificate;
using openssl::Key;
using openssl::memory;

[[noreturn]] void fail(const std::string& what) {
    ERR_clear_error();  // its text may quote the file
    throw InvalidClientConfig(what);
}

/// Never asks a terminal for a passphrase.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
    return -1;
}

void trust_only(SSL_CTX* context, const std::string& authorities) {
    X509_STORE* const store = X509_STORE_new();
    if (store == nullptr) throw std::bad_alloc();
    SSL_CTX_set_cert_store(context, store);  // owns it, and forgets the system's authorities
    const auto bio = memory(authorities);
    int count = 0;
    while (const auto authority = Certificate(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr))) {
        if (X509_STORE_add_cert(store, authority.get()) != 1) fail("the certificate-authority cannot be used");
        ++count;
    }
    ERR_clear_error();  // the end of the text is reported as an error
    if (count == 0) fail("the certificate-authority holds no certificate in PEM");
}

void present(SSL_CTX* context, const ClientCertificate& certificate) {
    const auto bio = memory(certificate.chain);
    const Certificate own(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
    if (!own || SSL_CTX_use_certificate(context, own.get()) != 1)
        fail("the client-certificate is no certificate in PEM");
    SSL_CTX_clear_chain_certs(context);
    while (const auto link = Certificate(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr))) {
        if (SSL_CTX_add1_chain_cert(context, link.get()) != 1) fail("the client-certificate's chain cannot be used");
    }
    ERR_clear_error();
    const auto key_bio = memory(certificate.key.reveal());
    const Key key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, no_passphrase, nullptr));
    if (!key) fail("the client-key is no private key in PEM, or has a passphrase");
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
        fail("the client-key does not belong to the client-certificate");
    }
}

/// The HTTP library's own check would take a common name too, where there are no subjectAltNames.
void expect_host(SSL_CTX* context, const std::string& host) {
    auto* const parameters = SSL_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    const int done = is_ipv4_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str())
                                           : X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size());
    if (done != 1) fail("\"" + host + "\" is no name that a certificate can have");
}

using SharedDiagnosis = std::shared_ptr<TlsDiagnosis>;

// NOLINTNEXTLINE(readability-function-size): the signature is OpenSSL's
void free_diagnosis(void* /*parent*/, void* stored, CRYPTO_EX_DATA* /*data*/, int /*index*/, long /*argl*/,
                    void* /*argp*/) {
    delete static_cast<SharedDiagnosis*>(stored);
}

int diagnosis_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_diagnosis);
    return index;
}

int verify_and_remember(X509_STORE_CTX* store, void* diagnosis) {
    const int verdict = X509_verify_cert(store);
    if (verdict != 1) {
        const int error = X509_STORE_CTX_get_error(store);
        static_cast<TlsDiagnosis*>(diagnosis)->set(X509_verify_cert_error_string(error));
    }
    return verdict;
}

/// The context owns a share, since connections outlive whoever asked for them.
void remember_verdict(SSL_CTX* context, const SharedDiagnosis& diagnosis) {
    auto owned = std::make_unique<SharedDiagnosis>(diagnosis);
    if (SSL_CTX_set_ex_data(context, diagnosis_index(), owned.get()) != 1) throw std::bad_alloc();
    SSL_CTX_set_cert_verify_callback(context, verify_and_remember, owned.release()->get());
}

}  // namespace

void TlsDiagnosis::set(std::string reason) {
    const std::lock_guard lock(mutex_);
    reason_ = std::move(reason);
}

std::string TlsDiagnosis::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(reason_, {});
}

void apply_tls(ssl_ctx_st* context, const TlsMaterial& material, const std::string& host,
               const std::shared_ptr<TlsDiagnosis>& diagnosis) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    if (material.authorities.empty()) {
        trust_system_authorities(context);
    } else {
        trust_only(context, material.authorities);
    }
    if (material.certificate) present(context, *material.certificate);
    expect_host(context, host);
    remember_verdict(context, diagnosis);
}

}  // namespace lockkeeper::kube
