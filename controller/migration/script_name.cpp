#include "migration/script_name.hpp"

#include "migration/version.hpp"

namespace lockkeeper::migration {
namespace {

bool take_suffix(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    return true;
}

}  // namespace

std::optional<ScriptName> read_paired_name(std::string_view file) {
    if (!take_suffix(file, ".sql")) return std::nullopt;
    auto direction = Direction::Up;
    if (take_suffix(file, ".down")) {
        direction = Direction::Down;
    } else {
        take_suffix(file, ".up");
    }
    const Version version{std::string(file)};
    auto rest = file.substr(version.number().size());
    if (version.number().empty() || rest.size() < 2 || (rest.front() != '_' && rest.front() != '-'))
        return std::nullopt;
    rest.remove_prefix(1);
    return ScriptName{version.text(), std::string(rest), direction};
}

}  // namespace lockkeeper::migration
