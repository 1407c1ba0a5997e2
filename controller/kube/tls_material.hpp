#pragma once

#include "kube/client_config.hpp"
#include "kube/clock.hpp"
#include "kube/login.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace lockkeeper::kube {

/// The text of a certificate or key, or nothing where there is none; `what` names it. Throws InvalidClientConfig.
std::string read_pem(const PemSource& source, const std::string& what);

/// What a TLS client needs, read and in memory.
struct TlsMaterial {
    std::string authorities;                               ///< PEM; empty: the system's
    std::shared_ptr<const ClientCertificate> certificate;  ///< null: none
};

/// The certificates as they are now. Connections are made on the network's thread, where no file should be read; so
/// whoever sends a request looks after the files, and a connection takes what was read last. Safe from any thread.
class FreshTlsMaterial {
  public:
    static constexpr std::chrono::seconds lifetime{60};
    enum class Connections { MayStay, MustGo };

    /// Throws InvalidClientConfig.
    FreshTlsMaterial(ClientConfig config, std::shared_ptr<Login> login);

    std::shared_ptr<const TlsMaterial> current() const;

    /// Looks whether there is another client certificate, under which connections that were made as somebody else must
    /// go; and reads the authorities again if their time has come. What cannot be read stays as it was: it is just
    /// being replaced. Throws what the login throws.
    Connections refresh(const std::stop_token& stop);

    /// The server is not trusted: its authority may be a new one, and is read again at the next refresh.
    void doubt();

  private:
    const ClientConfig config_;
    const std::shared_ptr<Login> login_;
    mutable std::mutex mutex_;
    std::shared_ptr<const TlsMaterial> material_;
    TimePoint read_at_;
};

}  // namespace lockkeeper::kube
