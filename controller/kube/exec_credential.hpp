#pragma once

#include "kube/client_config.hpp"
#include "kube/exec_plugin.hpp"
#include "kube/login.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lockkeeper::kube {

/// What a plugin answers: a token, a client certificate, or both.
struct ExecCredential {
    SecretText token;
    std::shared_ptr<const ClientCertificate> certificate;
    std::optional<std::chrono::sys_seconds> expires;  ///< nothing: as long as the server takes it
};

/// A plugin's answer that is none. The message quotes nothing of it.
class InvalidExecCredential : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Reads the ExecCredential that a plugin wrote to its standard output, which must be of this version. Throws
/// InvalidExecCredential.
ExecCredential parse_exec_credential(std::string_view text, const std::string& api_version);

/// What the plugin finds in KUBERNETES_EXEC_INFO: the version that is wanted, that there is nobody to ask, and the
/// cluster if it is to be told. Throws InvalidClientConfig where the cluster's certificate-authority cannot be read.
std::string exec_info(const ExecPlugin& plugin, const ClientConfig& config);

}  // namespace lockkeeper::kube
