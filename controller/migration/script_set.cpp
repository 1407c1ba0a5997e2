#include "migration/script_set.hpp"

#include "migration/script_name.hpp"

#include <algorithm>
#include <map>

namespace lockkeeper::migration {
namespace {

struct Pair {
    std::string name;
    std::optional<SourceFile> up;
    std::optional<SourceFile> down;
};

std::string both(const std::string& first, const std::string& second) {
    return "'" + first + "' and '" + second + "'";
}

void add_to_pair(Pair& pair, const ScriptName& parsed, SourceFile file) {
    auto& place = parsed.direction == Direction::Up ? pair.up : pair.down;
    if (place) {
        throw InvalidSource(file.name, both(place->name, file.name) + " are the same script, version " +
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

void refuse_versions_that_differ_in_zeros_only(const std::vector<Script>& scripts) {
    const auto twin = std::ranges::adjacent_find(
        scripts, [](const Script& a, const Script& b) { return same_place(a.version, b.version); });
    if (twin == scripts.end()) return;
    const auto& other = *std::next(twin);
    throw InvalidSource(other.up.name, both(twin->up.name, other.up.name) +
                                           " are the same version but for leading zeros; renumber one of them");
}

}  // namespace

Failure failure_of(const InvalidSource& error) {
    Failure failure;
    failure.kind = FailureKind::InvalidSource;
    failure.message = error.what();
    failure.file = error.file();
    failure.line = error.line();
    failure.column = error.column();
    return failure;
}

ScriptSet ScriptSet::read(std::vector<SourceFile> files) {
    ScriptSet set;
    set.digest_ = digest_of(files);
    std::map<std::string, Pair> pairs;
    for (auto& file : files) {
        if (file.name.starts_with('.')) continue;
        if (const auto parsed = read_paired_name(file.name)) {
            add_to_pair(pairs[parsed->version], *parsed, std::move(file));
        } else {
            set.warnings_.push_back("'" + file.name +
                                    "' is not a script and was passed over; scripts are named NNN_name.up.sql, "
                                    "NNN_name.down.sql or NNN_name.sql");
        }
    }
    set.scripts_.reserve(pairs.size());
    for (auto& [version, pair] : pairs) set.scripts_.push_back(script_of(version, std::move(pair)));
    std::ranges::sort(set.scripts_, {}, &Script::version);
    refuse_versions_that_differ_in_zeros_only(set.scripts_);
    return set;
}

const Script* ScriptSet::find(std::string_view version) const {
    const Version wanted{std::string(version)};
    const auto found = std::ranges::lower_bound(scripts_, wanted, {}, &Script::version);
    return found != scripts_.end() && found->version == wanted ? &*found : nullptr;
}

}  // namespace lockkeeper::migration
