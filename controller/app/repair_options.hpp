#pragma once

#include "migration/repair.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace lockkeeper::app {

/// The options of `lockkeeper migrate repair`, as they are written.
struct RepairTexts {
    std::vector<std::string> accept;
    std::vector<std::string> renames;
    bool layout_changed = false;
    std::vector<std::string> done;
    std::vector<std::string> undone;
    std::vector<std::string> forget;
};

void describe_repair(CLI::App& command, RepairTexts& texts);

/// Throws WrongUsage for a rename that is not OLD=NEW.
std::vector<migration::Repair> read_repairs(const RepairTexts& texts);

}  // namespace lockkeeper::app
