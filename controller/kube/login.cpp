#include "kube/login.hpp"

#include "kube/bearer_token.hpp"
#include "kube/exec_login.hpp"
#include "kube/tls_material.hpp"

#include <mutex>

namespace lockkeeper::kube {
namespace {

/// What stands in the configuration itself or in files.
class WrittenLogin : public Login {
  public:
    WrittenLogin(const ClientConfig& config, Clock& clock)
        : config_(config), clock_(clock), token_(config, clock), certificate_(read()), read_at_(clock.now()) {}

    Credential current(const std::stop_token& /*stop*/) override {
        const std::lock_guard lock(mutex_);
        if (clock_.now() - read_at_ >= BearerToken::lifetime) read_certificate_again();
        return {token_.current(), certificate_};
    }

    bool renew(const Credential& refused, const std::stop_token& stop) override {
        if (current(stop) != refused) return true;
        const std::lock_guard lock(mutex_);
        const bool is_other_token = token_.refresh();
        return read_certificate_again() || is_other_token;
    }

  private:
    std::shared_ptr<const ClientCertificate> read() const {
        ClientCertificate certificate{read_pem(config_.client_certificate, "client-certificate"),
                                      SecretText(read_pem(config_.client_key, "client-key"))};
        if (certificate.chain.empty()) return nullptr;
        return std::make_shared<const ClientCertificate>(std::move(certificate));
    }

    /// What cannot be read stays as it was: it is just being replaced. True for another certificate.
    bool read_certificate_again() {
        if (config_.client_certificate.file.empty() && config_.client_key.file.empty()) return false;
        read_at_ = clock_.now();
        try {
            auto fresh = read();
            if (fresh && certificate_ && *fresh == *certificate_) return false;
            certificate_ = std::move(fresh);
            return true;
        } catch (const InvalidClientConfig&) {
            return false;
        }
    }

    const ClientConfig config_;
    Clock& clock_;
    BearerToken token_;
    std::mutex mutex_;
    std::shared_ptr<const ClientCertificate> certificate_;
    TimePoint read_at_;
};

}  // namespace

std::shared_ptr<Login> login_of(const ClientConfig& config, Clock& clock) {
    if (config.exec) return std::make_shared<ExecLogin>(config, clock);
    return std::make_shared<WrittenLogin>(config, clock);
}

}  // namespace lockkeeper::kube
