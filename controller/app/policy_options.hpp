#pragma once

#include "migration/layout.hpp"
#include "migration/plan.hpp"
#include "postgres/identifier.hpp"

#include <optional>
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
    std::string adopt;
    std::string adopt_table;
};

/// A table by the text of an option. Throws WrongUsage.
postgres::QualifiedName read_table(const std::string& option, const std::string& text);

void describe_policy(CLI::App& command, PolicyTexts& texts);

/// They throw WrongUsage, with what to write.
migration::Layout read_layout(const PolicyTexts& texts);
migration::Policy read_policy(const PolicyTexts& texts);
std::optional<migration::Adopt> read_adopt(const PolicyTexts& texts);

}  // namespace lockkeeper::app
