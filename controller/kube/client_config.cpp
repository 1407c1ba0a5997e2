#include "kube/client_config.hpp"

#include "kube/kubeconfig.hpp"
#include "kube/proxy.hpp"
#include "kube/text_file.hpp"

#include <cstdlib>
#include <string_view>
#include <vector>

namespace lockkeeper::kube {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

std::string variable_of_either_case(const char* upper, const char* lower) {
    const auto value = variable(upper);
    return value.empty() ? variable(lower) : value;
}

std::vector<fs::path> split_paths(std::string_view list) {
    std::vector<fs::path> paths;
    while (!list.empty()) {
        const auto end = list.find(':');
        if (end != 0) paths.emplace_back(list.substr(0, end));
        if (end == std::string_view::npos) break;
        list.remove_prefix(end + 1);
    }
    return paths;
}

Kubeconfig read_kubeconfig(const fs::path& file) {
    try {
        // Absolute, so that what is named relative to it stays right whatever the working directory becomes.
        return parse_kubeconfig(read_text_file(file), fs::absolute(file));
    } catch (const UnreadableFile& error) {
        throw InvalidClientConfig(std::string("kubeconfig ") + error.what());
    }
}

/// A file of KUBECONFIG that does not exist is passed over, as kubectl does, unless none exists.
ClientConfig from_variable(const std::string& list, const std::string& context) {
    Kubeconfig merged;
    for (const auto& file : split_paths(list)) {
        std::error_code ignored;
        if (fs::exists(file, ignored)) merge_kubeconfig(merged, read_kubeconfig(file));
    }
    if (merged.file.empty()) throw InvalidClientConfig("KUBECONFIG names no file that exists: " + list);
    return select_context(merged, context);
}

/// The first place that says anything.
ClientConfig find_client_config(const ClientConfigChoice& choice, const Environment& environment) {
    if (choice.kubeconfig) return select_context(read_kubeconfig(*choice.kubeconfig), choice.context);
    if (!environment.kubeconfig.empty()) return from_variable(environment.kubeconfig, choice.context);
    if (!environment.service_host.empty() && !environment.service_port.empty()) return in_cluster_config(environment);
    const auto file = environment.home / ".kube" / "config";
    std::error_code ignored;
    if (!environment.home.empty() && fs::exists(file, ignored)) {
        return select_context(read_kubeconfig(file), choice.context);
    }
    throw InvalidClientConfig(
        "there is no API server to talk to: --kubeconfig is not given, KUBECONFIG is not set, this is no pod, and "
        "there "
        "is no ~/.kube/config");
}

void use_proxy_of(const Environment& environment, ClientConfig& config) {
    const bool has_tls = config.server.starts_with("https://");
    auto url = has_tls ? environment.https_proxy : environment.http_proxy;
    if (url.empty() || !config.proxy_url.empty() || is_reached_directly(config.server, environment.no_proxy)) return;
    if (url.find("://") == std::string::npos) url.insert(0, "http://");  // as Go takes it
    if (const auto wrong = what_is_wrong_with_proxy(url); !wrong.empty()) {
        throw InvalidClientConfig(std::string(has_tls ? "HTTPS_PROXY " : "HTTP_PROXY ") + wrong +
                                  ", or write the server's host into NO_PROXY");
    }
    config.proxy_url = SecretText(std::move(url));
}

}  // namespace

Environment Environment::of_process() {
    Environment environment;
    environment.kubeconfig = variable("KUBECONFIG");
    environment.service_host = variable("KUBERNETES_SERVICE_HOST");
    environment.service_port = variable("KUBERNETES_SERVICE_PORT");
    environment.https_proxy = variable_of_either_case("HTTPS_PROXY", "https_proxy");
    environment.http_proxy = variable_of_either_case("HTTP_PROXY", "http_proxy");
    environment.no_proxy = variable_of_either_case("NO_PROXY", "no_proxy");
    environment.home = variable("HOME");
    return environment;
}

ClientConfig in_cluster_config(const Environment& environment) {
    const auto token = environment.service_account / "token";
    const auto authority = environment.service_account / "ca.crt";
    for (const auto& file : {token, authority}) {
        std::error_code ignored;
        if (!fs::exists(file, ignored)) {
            throw InvalidClientConfig("in a pod, but without " + file.string() +
                                      "; does the pod set automountServiceAccountToken: false?");
        }
    }
    ClientConfig config;
    // An IPv6 address in brackets is not resolved by cpprestsdk; the service's name is in the certificate as well.
    const bool is_ipv6 = environment.service_host.find(':') != std::string::npos;
    const auto host = is_ipv6 ? std::string("kubernetes.default.svc") : environment.service_host;
    config.server = "https://" + host + ":" + environment.service_port;
    config.certificate_authority.file = authority;
    config.token_file = token;
    try {
        config.space = read_text_file(environment.service_account / "namespace");
    } catch (const UnreadableFile&) {
        config.space = "default";
    }
    config.origin = "the pod's service account";
    return config;
}

ClientConfig load_client_config(const ClientConfigChoice& choice, const Environment& environment) {
    auto config = find_client_config(choice, environment);
    use_proxy_of(environment, config);
    return config;
}

}  // namespace lockkeeper::kube
