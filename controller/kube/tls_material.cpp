#include "kube/tls_material.hpp"

#include "kube/text_file.hpp"

#include <utility>

namespace lockkeeper::kube {
namespace {

std::string read_pem(const PemSource& source, const std::string& what) {
    if (!source.text.empty()) return source.text.reveal();
    if (source.file.empty()) return {};
    try {
        return read_text_file(source.file) + "\n";
    } catch (const UnreadableFile& error) {
        throw InvalidClientConfig("the " + what + " cannot be read: " + error.what());
    }
}

}  // namespace

TlsMaterial TlsMaterial::read(const ClientConfig& config) {
    return {.authorities = read_pem(config.certificate_authority, "certificate-authority"),
            .certificate = read_pem(config.client_certificate, "client-certificate"),
            .key = SecretText(read_pem(config.client_key, "client-key"))};
}

FreshTlsMaterial::FreshTlsMaterial(ClientConfig config)
    : config_(std::move(config)),
      material_(std::make_shared<TlsMaterial>(TlsMaterial::read(config_))),
      read_at_(std::chrono::steady_clock::now()) {}

std::shared_ptr<const TlsMaterial> FreshTlsMaterial::current() const {
    const std::lock_guard lock(mutex_);
    return material_;
}

void FreshTlsMaterial::refresh() {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now - read_at_ < lifetime) return;
    read_at_ = now;
    try {
        material_ = std::make_shared<TlsMaterial>(TlsMaterial::read(config_));
    } catch (const InvalidClientConfig&) {  // NOLINT(bugprone-empty-catch): the next minute will do
    }
}

}  // namespace lockkeeper::kube
