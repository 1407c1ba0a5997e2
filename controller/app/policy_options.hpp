#pragma once

#include "migration/layout.hpp"
#include "migration/plan.hpp"

#include <string>

namespace CLI {
class App;
}

namespace lockkeeper::app {

/// The text of the options that say how a source is read, and what it may ask for.
struct PolicyTexts {
    std::string layout = "auto";
    std::string out_of_order = "forbid";
    std::string checksum_mismatch = "fail";
    std::string missing_scripts = "warn";
};

void describe_policy(CLI::App& command, PolicyTexts& texts);

/// Both throw WrongUsage, with what to write.
migration::Layout read_layout(const PolicyTexts& texts);
migration::Policy read_policy(const PolicyTexts& texts);

}  // namespace lockkeeper::app
