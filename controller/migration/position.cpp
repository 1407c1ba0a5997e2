#include "migration/script_text.hpp"

#include <algorithm>

namespace lockkeeper::migration {
namespace {

bool starts_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

std::size_t line_begin(std::string_view text, std::size_t offset) {
    const auto line_break = text.substr(0, offset).rfind('\n');
    return line_break == std::string_view::npos ? 0 : line_break + 1;
}

}  // namespace

Position position_at(std::string_view text, std::size_t offset) {
    offset = std::min(offset, text.size());
    const auto mark = text.starts_with("\xEF\xBB\xBF") ? std::size_t{3} : 0;  // no editor counts a byte order mark
    const auto begin = std::max(line_begin(text, offset), std::min(mark, offset));
    const auto before = text.substr(0, begin);
    const auto line = text.substr(begin, offset - begin);
    return {static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1,
            static_cast<std::size_t>(std::ranges::count_if(line, starts_character)) + 1};
}

std::size_t byte_offset_of(std::string_view text, std::size_t characters) {
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if (!starts_character(text[at])) continue;
        if (characters == 0) return at;
        --characters;
    }
    return at;
}

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, starts_character));
}

std::string_view line_at(std::string_view text, std::size_t offset) {
    offset = std::min(offset, text.size());
    const auto begin = line_begin(text, offset);
    const auto end = std::min(text.find_first_of("\r\n", begin), text.size());
    return text.substr(begin, end - begin);
}

}  // namespace lockkeeper::migration
