#pragma once

#include "kube/exec_plugin.hpp"
#include "kube/secret_text.hpp"

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

namespace lockkeeper::kube {

/// A certificate or key in PEM: as text, or in a file that is read again from time to time, since it may be rotated.
struct PemSource {
    SecretText text;             ///< wins over the file
    std::filesystem::path file;  ///< absolute, or relative to the working directory

    bool empty() const { return text.empty() && file.empty(); }
};

/// How to reach an API server, and as whom.
struct ClientConfig {
    std::string server;  ///< `https://host:port/prefix`, without a slash at its end
    /// Who may vouch for the server: these alone, or the system's where there are none.
    PemSource certificate_authority;
    PemSource client_certificate;
    PemSource client_key;
    SecretText token;
    std::filesystem::path token_file;  ///< wins over `token`
    std::optional<ExecPlugin> exec;    ///< in place of tokens and client certificates
    /// `http://user:password@host:port`, through which the server is reached; empty: directly.
    SecretText proxy_url;
    std::string tls_server_name;  ///< the name that the server's certificate must have, if not the server's host
    bool insecure_skip_tls_verify = false;
    std::string space = "default";  ///< the context's namespace
    std::string origin;             ///< where all this was found, for a person
};

/// The message names the file, the entry and what to write instead.
class InvalidClientConfig : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// What of the process's surroundings says where the API server is.
struct Environment {
    std::string kubeconfig;    ///< KUBECONFIG: files, separated by `:`
    std::string service_host;  ///< KUBERNETES_SERVICE_HOST
    std::string service_port;  ///< KUBERNETES_SERVICE_PORT
    std::string https_proxy;   ///< HTTPS_PROXY or https_proxy
    std::string http_proxy;    ///< HTTP_PROXY or http_proxy, for a server without TLS
    std::string no_proxy;      ///< NO_PROXY or no_proxy
    std::filesystem::path home;
    std::filesystem::path service_account = "/var/run/secrets/kubernetes.io/serviceaccount";

    static Environment of_process();
};

struct ClientConfigChoice {
    std::optional<std::filesystem::path> kubeconfig;  ///< --kubeconfig
    std::string context;                              ///< empty: the kubeconfig's current one
};

/// Reads the first of: the kubeconfig chosen, KUBECONFIG, a pod's service account, `~/.kube/config`:
/// controller-runtime's order. A proxy of the environment is used where the kubeconfig names none. Throws
/// InvalidClientConfig.
ClientConfig load_client_config(const ClientConfigChoice& choice, const Environment& environment);

/// The service account of the pod that this runs in.
ClientConfig in_cluster_config(const Environment& environment);

}  // namespace lockkeeper::kube
