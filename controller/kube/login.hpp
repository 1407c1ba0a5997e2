#pragma once

#include "kube/client_config.hpp"
#include "kube/clock.hpp"

#include <memory>
#include <stop_token>
#include <string>

namespace lockkeeper::kube {

/// Who we are in a TLS handshake, in PEM.
struct ClientCertificate {
    std::string chain;
    SecretText key;

    bool operator==(const ClientCertificate&) const = default;
};

/// Who we are to an API server, at one moment. Each of both may be missing.
struct Credential {
    SecretText token;
    /// The same pointer as long as it is the same certificate.
    std::shared_ptr<const ClientCertificate> certificate;

    bool operator==(const Credential&) const = default;
};

/// How we get a credential: it stands in the configuration, in files that are read again after a minute, or comes from
/// a program. Safe from any thread.
class Login {
  public:
    virtual ~Login() = default;

    /// May block for as long as a program may take. Throws TransportError `NoLogin`, and `Interrupted` on a stop;
    /// UnreadableFile where a token's file could never be read.
    virtual Credential current(const std::stop_token& stop) = 0;

    /// After a 401: gets it anew, unless what we have by now is another one than was refused. True if there is another
    /// one: the refused request is worth one more try. Throws as `current` does.
    virtual bool renew(const Credential& refused, const std::stop_token& stop) = 0;
};

/// The login of a configuration. Throws InvalidClientConfig where a certificate's file cannot be read.
std::shared_ptr<Login> login_of(const ClientConfig& config, Clock& clock);

}  // namespace lockkeeper::kube
