#include "migration/section.hpp"

#include "migration/lexer.hpp"
#include "migration/lines.hpp"
#include "migration/script_text.hpp"

#include <algorithm>

namespace lockkeeper::migration {
namespace {

/// The section alone, behind as many empty lines as stand before it. A script may be large, so nothing is copied.
SourceFile part_of(SourceFile file, const Section& section) {
    file.text.resize(section.end);
    const auto before = std::string_view(file.text).substr(0, section.begin);
    const auto lines = static_cast<std::size_t>(std::ranges::count(before, '\n'));
    file.text.replace(0, section.begin, lines, '\n');
    return file;
}

}  // namespace

bool holds_a_statement(std::string_view text) {
    try {
        return Lexer(text).next().kind != TokenKind::End;
    } catch (const UnterminatedToken&) {
        return true;  // to be refused with its place, as any other script
    }
}

Script script_of(std::string version, std::string name, SourceFile file, const Section& up,
                 const std::optional<Section>& down) {
    const auto text_of = [&](const Section& section) {
        return trimmed(std::string_view(file.text).substr(section.begin, section.end - section.begin));
    };
    Script script{.version = Version(std::move(version)),
                  .name = std::move(name),
                  .up = {},
                  .up_checksum = checksum_of(text_of(up)),
                  .down = {},
                  .down_checksum = {},
                  .up_mode = up.mode};
    if (down && holds_a_statement(text_of(*down))) {
        script.down = part_of(file, *down);
        script.down_checksum = checksum_of(text_of(*down));
        script.down_mode = down->mode;
    }
    script.up = part_of(std::move(file), up);
    return script;
}

void refuse_at(const SourceFile& file, std::size_t offset, const std::string& message) {
    const auto [line, column] = position_at(file.text, offset);
    throw InvalidSource(file.name, message, line, column);
}

}  // namespace lockkeeper::migration
