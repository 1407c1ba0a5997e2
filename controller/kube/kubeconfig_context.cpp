#include "kube/base64.hpp"
#include "kube/kubeconfig.hpp"
#include "kube/proxy.hpp"
#include "kube/server_url.hpp"

namespace lockkeeper::kube {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
    throw InvalidClientConfig("kubeconfig " + file.string() + ": " + what);
}

template <typename Entries>
std::string names_of(const Entries& entries) {
    std::string names;
    for (const auto& [name, entry] : entries) names += (names.empty() ? "" : ", ") + name;
    return names.empty() ? "none" : names;
}

const Kubeconfig::Context& find_context(const Kubeconfig& kubeconfig, const std::string& name) {
    if (name.empty()) {
        fail(kubeconfig.file,
             "it has no current-context; name one with --context, or write one with `kubectl config use-context NAME`; "
             "there are: " +
                 names_of(kubeconfig.contexts));
    }
    const auto found = kubeconfig.contexts.find(name);
    if (found != kubeconfig.contexts.end()) return found->second;
    fail(kubeconfig.file, "there is no context \"" + name + "\"; there are: " + names_of(kubeconfig.contexts));
}

PemSource pem_of(const Kubeconfig::Pem& pem, const std::filesystem::path& origin, const std::string& what) {
    if (pem.base64.empty()) return {.text = {}, .file = pem.file};
    const auto decoded = decode_base64(pem.base64.reveal());
    if (!decoded) fail(origin, what + "-data is no base64; write the PEM file as one line of base64");
    return {.text = SecretText(*decoded), .file = {}};
}

void use_cluster(ClientConfig& config, const std::string& name, const Kubeconfig::Cluster& cluster) {
    const auto entry = "cluster \"" + name + "\"";
    if (const auto wrong = what_is_wrong_with_server(cluster.server); !wrong.empty()) {
        fail(cluster.origin, entry + ": " + wrong);
    }
    if (!cluster.proxy_url.empty()) {
        const auto wrong = what_is_wrong_with_proxy(cluster.proxy_url.reveal());
        if (!wrong.empty()) fail(cluster.origin, entry + ": its proxy-url " + wrong);
    }
    config.proxy_url = cluster.proxy_url;
    config.server = cluster.server;
    while (config.server.ends_with('/')) config.server.pop_back();
    config.tls_server_name = cluster.tls_server_name;
    config.insecure_skip_tls_verify = cluster.insecure_skip_tls_verify;
    config.certificate_authority =
        pem_of(cluster.certificate_authority, cluster.origin, entry + ": certificate-authority");
    if (config.insecure_skip_tls_verify && !config.certificate_authority.empty()) {
        fail(cluster.origin,
             entry + " has both insecure-skip-tls-verify and a certificate-authority; remove one of them");
    }
}

void use_user(ClientConfig& config, const std::string& name, const Kubeconfig::User& user,
              const Kubeconfig::Cluster& cluster) {
    const auto entry = "user \"" + name + "\"";
    if (!user.unsupported.empty()) {
        fail(user.origin,
             entry + " uses `" + user.unsupported +
                 "`, which is not supported; write a token, a tokenFile, a client-certificate and a client-key, or an "
                 "exec");
    }
    config.client_certificate = pem_of(user.client_certificate, user.origin, entry + ": client-certificate");
    config.client_key = pem_of(user.client_key, user.origin, entry + ": client-key");
    if (config.client_certificate.empty() != config.client_key.empty()) {
        fail(user.origin, entry + " has only one of client-certificate and client-key; write both");
    }
    config.token = user.token;
    config.token_file = user.token_file;
    config.exec = user.exec;
    const bool has_token = !user.token.empty() || !user.token_file.empty();
    if (user.exec && (has_token || !config.client_certificate.empty())) {
        fail(user.origin, entry + " has an exec and another way to log in; write one of them");
    }
    if (user.exec) {
        config.exec->has_cluster_config = cluster.has_exec_config;
        if (const auto wrong = what_is_wrong_with(*config.exec); !wrong.empty())
            fail(user.origin, entry + ": " + wrong);
    }
    if ((has_token || user.exec) && !may_carry_token(config.server)) {
        fail(user.origin, entry + " has a token, or may get one, which would be sent in the clear to " + config.server +
                              "; write a server with https://");
    }
}

}  // namespace

ClientConfig select_context(const Kubeconfig& kubeconfig, const std::string& name) {
    const auto& chosen = name.empty() ? kubeconfig.current_context : name;
    const auto& context = find_context(kubeconfig, chosen);
    const auto cluster = kubeconfig.clusters.find(context.cluster);
    if (cluster == kubeconfig.clusters.end()) {
        fail(context.origin, "context \"" + chosen + "\" names the cluster \"" + context.cluster +
                                 "\", which is not there; there are: " + names_of(kubeconfig.clusters));
    }
    ClientConfig config;
    use_cluster(config, cluster->first, cluster->second);
    if (!context.user.empty()) {
        const auto user = kubeconfig.users.find(context.user);
        if (user == kubeconfig.users.end()) {
            fail(context.origin, "context \"" + chosen + "\" names the user \"" + context.user +
                                     "\", which is not there; there are: " + names_of(kubeconfig.users));
        }
        use_user(config, user->first, user->second, cluster->second);
    }
    if (!context.space.empty()) config.space = context.space;
    config.origin = "kubeconfig " + context.origin.string() + ", context " + chosen;
    return config;
}

}  // namespace lockkeeper::kube
