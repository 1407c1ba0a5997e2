#include "api/one_line.hpp"

#include <algorithm>
#include <cstdint>

namespace lockkeeper::api {
namespace {

constexpr std::string_view ellipsis = "…";
constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool is_continuation(char character) {
    return (static_cast<unsigned char>(character) & 0xC0U) == 0x80U;
}

/// How many bytes the UTF-8 character at the front of a text has; 0: none stands there (RFC 3629, section 4).
std::size_t character_length(std::string_view text) {
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80U) return 1;
    if (first < 0xC2U || first > 0xF4U) return 0;
    const std::size_t length = first < 0xE0U ? 2 : first < 0xF0U ? 3 : 4;
    if (text.size() < length || !std::ranges::all_of(text.substr(1, length - 1), is_continuation)) return 0;
    const auto second = static_cast<unsigned char>(text[1]);
    const bool overlong = (first == 0xE0U && second < 0xA0U) || (first == 0xF0U && second < 0x90U);
    const bool surrogate = first == 0xEDU && second > 0x9FU;
    const bool beyond_unicode = first == 0xF4U && second > 0x8FU;
    return overlong || surrogate || beyond_unicode ? 0 : length;
}

bool is_space_or_control(char character) {
    const auto byte = static_cast<unsigned char>(character);
    return byte <= 0x20U || byte == 0x7FU;
}

void cut(std::string& line, std::size_t limit) {
    if (line.size() <= limit) return;
    const auto mark = limit < ellipsis.size() ? std::string_view() : ellipsis;
    auto end = limit - mark.size();
    while (end > 0 && is_continuation(line[end])) --end;
    line.erase(end);
    line += mark;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t limit) {
    std::string line;
    bool gap = false;
    while (!text.empty() && line.size() <= limit) {
        if (is_space_or_control(text.front())) {
            gap = !line.empty();
            text.remove_prefix(1);
            continue;
        }
        if (gap) line += ' ';
        gap = false;
        const auto length = character_length(text);
        line += length == 0 ? replacement : text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    cut(line, limit);
    return line;
}

}  // namespace lockkeeper::api
