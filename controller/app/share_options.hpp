#pragma once

#include "kube/lease_rules.hpp"

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace lockkeeper::app {

/// The lease for which several controllers of the same share stand; one of them works.
struct ElectionOptions {
    std::string space;  ///< empty: where the controller itself is
    std::string name;
    kube::LeaseTimes times;
};

/// Which Migrations a controller is for.
struct ShareOptions {
    std::vector<std::string> namespaces;  ///< none: all of them
    std::string label_selector;           ///< of Migrations; empty: all of them
    std::optional<ElectionOptions> election;
};

/// Their text.
struct ShareTexts {
    std::vector<std::string> namespaces;
    std::string label_selector;
    bool leader_elect = false;
    std::string lease_namespace;
    std::string lease_name = "lockkeeper";
    std::string lease_duration = "15s";
    std::string renew_deadline = "10s";
    std::string retry_period = "2s";
};

void describe_share(CLI::App& command, ShareTexts& texts);

/// Throws WrongUsage.
ShareOptions read_share(const ShareTexts& texts);

}  // namespace lockkeeper::app
