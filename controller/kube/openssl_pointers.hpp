#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace lockkeeper::kube::openssl {

/// Frees what OpenSSL has made with the function that it has for that.
template <auto Free>
struct Freer {
    template <typename T>
    void operator()(T* pointer) const noexcept {
        Free(pointer);
    }
};

using Bio = std::unique_ptr<BIO, Freer<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;

/// To read a text from, which must outlive it.
inline Bio memory(const std::string& pem) {
    return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

}  // namespace lockkeeper::kube::openssl
