#include "support/test_certificates.hpp"

#include "kube/openssl_pointers.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <atomic>
#include <stdexcept>

namespace lockkeeper::tests {
namespace {

using kube::openssl::Bio;
using kube::openssl::Certificate;
using kube::openssl::Key;
using Extension = std::unique_ptr<X509_EXTENSION, kube::openssl::Freer<X509_EXTENSION_free>>;

constexpr long a_day = 86'400;

Key new_key() {
    return Key(EVP_EC_gen("P-256"));
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
    const Bio bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bio.get(), certificate);
    return text_of(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
    const Bio bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return text_of(bio.get());
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) {
        throw std::logic_error("not a certificate extension: " + value);
    }
}

/// Unsigned, valid from an hour ago for a day.
Certificate blank(const std::string& common_name, EVP_PKEY* key) {
    static std::atomic<long> serial{1};
    Certificate certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3'600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), a_day);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
    return certificate;
}

}  // namespace

struct TestAuthority::Keys {
    Key key;
    Certificate certificate;
};

TestAuthority::TestAuthority(const std::string& name) : keys_(std::make_unique<Keys>()) {
    keys_->key = new_key();
    keys_->certificate = blank(name, keys_->key.get());
    auto* const own = keys_->certificate.get();
    X509_set_issuer_name(own, X509_get_subject_name(own));
    add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
    X509_sign(own, keys_->key.get(), EVP_sha256());
    certificate_ = pem_of(own);
}

TestAuthority::~TestAuthority() = default;

Identity TestAuthority::issue(const std::string& common_name, const std::string& alternative_names) const {
    return issue(common_name, alternative_names, a_day);
}

Identity TestAuthority::issue_expired(const std::string& common_name) const {
    return issue(common_name, "", -60);
}

Identity TestAuthority::issue(const std::string& common_name, const std::string& alternative_names,
                              long valid_for_seconds) const {
    const auto key = new_key();
    const auto certificate = blank(common_name, key.get());
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), valid_for_seconds);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(keys_->certificate.get()));
    if (!alternative_names.empty()) {
        add_extension(certificate.get(), keys_->certificate.get(), NID_subject_alt_name, alternative_names);
    }
    X509_sign(certificate.get(), keys_->key.get(), EVP_sha256());
    return {pem_of(certificate.get()), pem_of(key.get())};
}

}  // namespace lockkeeper::tests
