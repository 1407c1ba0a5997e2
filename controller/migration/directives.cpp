#include "migration/directives.hpp"

#include <algorithm>

namespace lockkeeper::migration {
namespace {

constexpr std::string_view space = " \t\r";

std::string_view trimmed(std::string_view text) {
    const auto begin = std::min(text.find_first_not_of(space), text.size());
    return text.substr(begin, text.find_last_not_of(space) + 1 - begin);
}

}  // namespace

std::vector<Directive> read_directives(std::string_view text) {
    constexpr std::string_view prefix = "lockkeeper:";
    std::vector<Directive> directives;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto begin = std::min(text.find_first_not_of(space, at), end);
        auto line = trimmed(text.substr(at, end - at));
        at = end + 1;
        if (line.empty()) continue;
        if (!line.starts_with("--")) break;
        line = trimmed(line.substr(2));
        if (line.starts_with(prefix)) directives.push_back({std::string(trimmed(line.substr(prefix.size()))), begin});
    }
    return directives;
}

}  // namespace lockkeeper::migration
