#include "app/policy_options.hpp"

#include "app/choices.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>

namespace lockkeeper::app {
namespace {

using migration::Layout;
using migration::OutOfOrder;
using migration::Severity;
using migration::Tool;

const Choices<Severity>& severities() {
    static const Choices<Severity> choices{{"warn", Severity::Warn}, {"fail", Severity::Fail}};
    return choices;
}

}  // namespace

postgres::QualifiedName read_table(const std::string& option, const std::string& text) {
    try {
        return postgres::QualifiedName::parse(text);
    } catch (const std::invalid_argument& error) {
        throw WrongUsage(option + ": " + error.what());
    }
}

void describe_policy(CLI::App& command, PolicyTexts& texts) {
    command
        .add_option("--layout", texts.layout, "how the scripts are written: auto, paired, goose, dbmate, tern, flyway")
        ->capture_default_str();
    command
        .add_option("--out-of-order", texts.out_of_order, "a script that sorts before an applied one: allow, forbid")
        ->capture_default_str();
    command.add_option("--checksum-mismatch", texts.checksum_mismatch, "an applied script was edited: fail, warn")
        ->capture_default_str();
    command
        .add_option("--missing-scripts", texts.missing_scripts, "an applied script is not in the source: warn, fail")
        ->capture_default_str();
    command.add_option("--adopt", texts.adopt,
                       "if the history is empty, take over that of another tool: auto, golang-migrate, goose, dbmate, "
                       "tern, flyway, atlas, versions");
    command.add_option("--adopt-table", texts.adopt_table,
                       "where the other tool keeps its history, as table or schema.table (default: the tool's own)");
}

std::optional<migration::Adopt> read_adopt(const PolicyTexts& texts) {
    if (texts.adopt.empty() && texts.adopt_table.empty()) return std::nullopt;
    if (texts.adopt.empty()) throw WrongUsage("--adopt-table goes with --adopt; write --adopt=auto");
    migration::Adopt adopt;
    adopt.from = choose<Tool>("--adopt", texts.adopt,
                              {{"auto", Tool::Auto},
                               {"golang-migrate", Tool::GolangMigrate},
                               {"goose", Tool::Goose},
                               {"dbmate", Tool::Dbmate},
                               {"tern", Tool::Tern},
                               {"flyway", Tool::Flyway},
                               {"atlas", Tool::Atlas},
                               {"versions", Tool::Versions}});
    if (!texts.adopt_table.empty()) adopt.table = read_table("--adopt-table", texts.adopt_table).text();
    return adopt;
}

Layout read_layout(const PolicyTexts& texts) {
    Choices<Layout> choices;
    for (const auto layout :
         {Layout::Auto, Layout::Paired, Layout::Goose, Layout::Dbmate, Layout::Tern, Layout::Flyway}) {
        std::string word(to_string(layout));
        word.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(word.front())));
        choices.emplace_back(std::move(word), layout);
    }
    return choose("--layout", texts.layout, choices);
}

migration::Policy read_policy(const PolicyTexts& texts) {
    return {choose<OutOfOrder>("--out-of-order", texts.out_of_order,
                               {{"allow", OutOfOrder::Allow}, {"forbid", OutOfOrder::Forbid}}),
            choose("--checksum-mismatch", texts.checksum_mismatch, severities()),
            choose("--missing-scripts", texts.missing_scripts, severities())};
}

}  // namespace lockkeeper::app
