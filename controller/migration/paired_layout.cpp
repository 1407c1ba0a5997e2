#include "migration/layout_readers.hpp"
#include "migration/script_name.hpp"

#include <map>

namespace lockkeeper::migration {
namespace {

struct Pair {
    std::string name;
    std::optional<SourceFile> up;
    std::optional<SourceFile> down;
};

void add_to_pair(Pair& pair, const ScriptName& parsed, SourceFile file) {
    auto& place = parsed.direction == Direction::Up ? pair.up : pair.down;
    if (place) {
        throw InvalidSource(file.name, "'" + place->name + "' and '" + file.name + "' are the same script, version " +
                                           parsed.version + "; keep one of them");
    }
    pair.name = parsed.name;
    place = std::move(file);
}

Script script_of(const std::string& version, Pair pair) {
    if (!pair.up) {
        throw InvalidSource(pair.down->name,
                            "'" + pair.down->name + "' has no up script; add '" + version + ".up.sql' or remove it");
    }
    Script script{.version = Version(version),
                  .name = std::move(pair.name),
                  .up = std::move(*pair.up),
                  .up_checksum = {},
                  .down = std::move(pair.down),
                  .down_checksum = {}};
    script.up_checksum = checksum_of(script.up.text);
    if (script.down) script.down_checksum = checksum_of(script.down->text);
    return script;
}

}  // namespace

std::string passed_over(const SourceFile& file, const std::string& how_scripts_are_named) {
    return "'" + file.name + "' is not a script and was passed over; scripts are named " + how_scripts_are_named;
}

Reading read_paired(std::vector<SourceFile> files) {
    Reading reading;
    std::map<std::string, Pair> pairs;
    for (auto& file : files) {
        if (file.name.starts_with('.')) continue;
        if (const auto parsed = read_paired_name(file.name)) {
            add_to_pair(pairs[parsed->version], *parsed, std::move(file));
        } else {
            reading.warnings.push_back(passed_over(file, "NNN_name.up.sql, NNN_name.down.sql or NNN_name.sql"));
        }
    }
    reading.scripts.reserve(pairs.size());
    for (auto& [version, pair] : pairs) reading.scripts.push_back(script_of(version, std::move(pair)));
    return reading;
}

}  // namespace lockkeeper::migration
