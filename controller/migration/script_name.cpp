#include "migration/script_name.hpp"

#include "migration/version.hpp"

#include <algorithm>

namespace lockkeeper::migration {
namespace {

constexpr std::string_view digits = "0123456789";

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

bool has_direction(std::string_view file) {
    return file.ends_with(".up.sql") || file.ends_with(".down.sql");
}

std::optional<NumberedName> read_numbered_name(std::string_view file) {
    if (!take_suffix(file, ".sql")) return std::nullopt;
    const auto number = file.substr(0, std::min(file.find_first_not_of(digits), file.size()));
    auto rest = file.substr(number.size());
    if (number.empty() || rest.size() < 2 || rest.front() != '_') return std::nullopt;
    rest.remove_prefix(1);
    return NumberedName{std::string(number), std::string(rest)};
}

std::optional<FlywayName> read_flyway_name(std::string_view file) {
    if (!take_suffix(file, ".sql") || !looks_like_flyway(file)) return std::nullopt;
    const auto separator = file.find("__");
    FlywayName name{file.front(), std::string(file.substr(1, separator - 1)), std::string(file.substr(separator + 2))};
    std::ranges::replace(name.version, '_', '.');
    if (name.prefix == 'R') name.version = std::string(file);
    return name;
}

bool looks_like_flyway(std::string_view file) {
    if (file.starts_with("R__")) return file.size() > 3;
    if (file.empty() || std::string_view("VUB").find(file.front()) == std::string_view::npos) return false;
    auto version = std::string(file.substr(1, std::min(file.find("__"), file.size()) - 1));
    if (version.size() + 1 == file.size()) return false;
    std::ranges::replace(version, '_', '.');
    return !version.empty() && Version(version).number() == version;
}

}  // namespace lockkeeper::migration
