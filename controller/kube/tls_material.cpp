#include "kube/tls_material.hpp"

#include "kube/text_file.hpp"

#include <utility>

namespace lockkeeper::kube {
namespace {

std::string read_authorities(const ClientConfig& config) {
    return read_pem(config.certificate_authority, "certificate-authority");
}

}  // namespace

std::string read_pem(const PemSource& source, const std::string& what) {
    if (!source.text.empty()) return source.text.reveal();
    if (source.file.empty()) return {};
    try {
        return read_text_file(source.file) + "\n";
    } catch (const UnreadableFile& error) {
        throw InvalidClientConfig("the " + what + " cannot be read: " + error.what());
    }
}

FreshTlsMaterial::FreshTlsMaterial(ClientConfig config, std::shared_ptr<Login> login)
    : config_(std::move(config)),
      login_(std::move(login)),
      material_(std::make_shared<TlsMaterial>(TlsMaterial{read_authorities(config_), nullptr})),
      read_at_(std::chrono::steady_clock::now()) {}

std::shared_ptr<const TlsMaterial> FreshTlsMaterial::current() const {
    const std::lock_guard lock(mutex_);
    return material_;
}

FreshTlsMaterial::Connections FreshTlsMaterial::refresh(const std::stop_token& stop) {
    auto certificate = login_->current(stop).certificate;
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    const bool is_time = now - read_at_ >= lifetime;
    const auto before = material_->certificate;
    if (!is_time && certificate == before) return Connections::MayStay;
    auto fresh = *material_;
    fresh.certificate = std::move(certificate);
    if (is_time) {
        read_at_ = now;
        try {
            fresh.authorities = read_authorities(config_);
        } catch (const InvalidClientConfig&) {  // NOLINT(bugprone-empty-catch): the next minute will do
        }
    }
    material_ = std::make_shared<const TlsMaterial>(std::move(fresh));
    // Before the first one nothing has been connected.
    return before && before != material_->certificate ? Connections::MustGo : Connections::MayStay;
}

void FreshTlsMaterial::doubt() {
    const std::lock_guard lock(mutex_);
    read_at_ = {};
}

}  // namespace lockkeeper::kube
