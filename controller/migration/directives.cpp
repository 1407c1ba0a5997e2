#include "migration/directives.hpp"

#include "migration/lines.hpp"

namespace lockkeeper::migration {

std::vector<Directive> read_directives(std::string_view text) {
    constexpr std::string_view prefix = "lockkeeper:";
    std::vector<Directive> directives;
    for (Lines lines(text); lines.next();) {
        auto line = trimmed(lines.text());
        if (line.empty()) continue;
        if (!line.starts_with("--")) break;
        const auto indent = lines.text().find("--");
        line = trimmed(line.substr(2));
        if (line.starts_with(prefix)) {
            directives.push_back({std::string(trimmed(line.substr(prefix.size()))), lines.begin() + indent});
        }
    }
    return directives;
}

}  // namespace lockkeeper::migration
