#pragma once

#include "kube/client_config.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace lockkeeper::kube {

/// Kubeconfig files as they stand there, before a context is chosen. What is wrong with an entry is only said when the
/// entry is used: people keep contexts of many clusters in one file.
struct Kubeconfig {
    /// A `X` and `X-data` pair. The file is already relative to the kubeconfig that names it.
    struct Pem {
        SecretText base64;
        std::filesystem::path file;
    };
    struct Cluster {
        std::filesystem::path origin;  ///< the file that it stands in
        std::string server;
        std::string tls_server_name;
        SecretText proxy_url;          ///< may hold a password
        bool has_exec_config = false;  ///< an extension for exec plugins
        bool insecure_skip_tls_verify = false;
        Pem certificate_authority;
    };
    struct User {
        std::filesystem::path origin;
        Pem client_certificate;
        Pem client_key;
        SecretText token;
        std::filesystem::path token_file;
        std::optional<ExecPlugin> exec;
        std::string unsupported;  ///< the first key that stands for a way to log in which is not supported
    };
    struct Context {
        std::filesystem::path origin;
        std::string cluster;
        std::string user;
        std::string space;
    };

    std::filesystem::path file;  ///< the first one read, for messages
    std::map<std::string, Cluster> clusters;
    std::map<std::string, User> users;
    std::map<std::string, Context> contexts;
    std::string current_context;
};

/// `file` is where the text comes from: paths in it are relative to its folder. Throws InvalidClientConfig.
Kubeconfig parse_kubeconfig(const std::string& text, const std::filesystem::path& file);

/// Adds what `into` does not have yet: of several files the first that names a thing wins.
void merge_kubeconfig(Kubeconfig& into, const Kubeconfig& from);

/// The context of that name, or the current one for an empty name. Throws InvalidClientConfig.
ClientConfig select_context(const Kubeconfig& kubeconfig, const std::string& name);

}  // namespace lockkeeper::kube
