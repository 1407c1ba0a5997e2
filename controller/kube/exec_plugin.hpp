#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace lockkeeper::kube {

/// A program that logs us in: an exec credential plugin of client.authentication.k8s.io, as a kubeconfig names it.
struct ExecPlugin {
    std::string api_version;
    std::string command;  ///< a path, or a name to be looked up in PATH
    std::vector<std::string> arguments;
    std::vector<std::string> environment;  ///< `NAME=value`, added to our own
    std::string install_hint;              ///< how to get it, for a person
    std::string interactive_mode;          ///< Never, IfAvailable (which nothing stands for too) or Always
    bool provides_cluster_info = false;    ///< it is told which cluster to log in to
    bool has_cluster_config = false;       ///< the cluster has a part of its own for it, which is not passed on
    std::chrono::milliseconds time_limit{60'000};
};

/// Why we cannot use it, and what to write; empty if we can.
std::string what_is_wrong_with(const ExecPlugin& plugin);

}  // namespace lockkeeper::kube
