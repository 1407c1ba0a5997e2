#include "app/repair_options.hpp"

#include "app/options.hpp"

#include <CLI/CLI.hpp>

namespace lockkeeper::app {

using Kind = migration::Repair::Kind;

void describe_repair(CLI::App& command, RepairTexts& texts) {
    const auto several = [&](const std::string& name, std::vector<std::string>& place, const std::string& meaning) {
        command.add_option(name, place, "repair: " + meaning)
            ->expected(1)
            ->allow_extra_args(false)
            ->type_name("VERSION");
    };
    several("--accept", texts.accept, "the script was edited after it was applied, and that is right");
    several("--rename", texts.renames, "the applied script OLD is called NEW now");
    command.add_flag("--layout-changed", texts.layout_changed,
                     "repair: the applied scripts have other versions, since the source has another layout now");
    several("--statement-done", texts.done, "its statement in doubt has taken effect");
    several("--statement-undone", texts.undone, "its statement in doubt has not taken effect");
    several("--forget", texts.forget, "the database has nothing of this version any more; take its row out");
    command.get_option("--rename")->type_name("OLD=NEW");
}

std::vector<migration::Repair> read_repairs(const RepairTexts& texts) {
    std::vector<migration::Repair> repairs;
    const auto add = [&](Kind kind, const std::vector<std::string>& versions) {
        for (const auto& version : versions) repairs.push_back({kind, version});
    };
    for (const auto& text : texts.renames) {
        const auto sign = text.find('=');
        if (sign == 0 || sign == std::string::npos || sign + 1 == text.size()) {
            throw WrongUsage("--rename is '" + text + "'; write OLD=NEW, two versions");
        }
        repairs.push_back({Kind::Rename, text.substr(0, sign), text.substr(sign + 1)});
    }
    if (texts.layout_changed) repairs.push_back({Kind::LayoutChanged, {}});
    add(Kind::AcceptEdit, texts.accept);  // behind the changes of names, which they may be about
    add(Kind::StatementDone, texts.done);
    add(Kind::StatementUndone, texts.undone);
    add(Kind::Forget, texts.forget);
    return repairs;
}

}  // namespace lockkeeper::app
