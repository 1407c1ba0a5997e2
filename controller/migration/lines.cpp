#include "migration/lines.hpp"

#include <algorithm>

namespace lockkeeper::migration {

bool Lines::next() {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (behind_ >= whole_.size()) return false;
    begin_ = behind_;
    if (begin_ == 0 && whole_.starts_with(byte_order_mark)) begin_ = byte_order_mark.size();
    const auto end = std::min(whole_.find('\n', begin_), whole_.size());
    behind_ = std::min(end + 1, whole_.size());
    text_ = whole_.substr(begin_, end - begin_);
    if (text_.ends_with('\r')) text_.remove_suffix(1);
    ++number_;
    return true;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const auto begin = std::min(text.find_first_not_of(space), text.size());
    return text.substr(begin, text.find_last_not_of(space) + 1 - begin);
}

bool is_blank_or_comment(std::string_view line) {
    const auto text = trimmed(line);
    return text.empty() || text.starts_with("--");
}

}  // namespace lockkeeper::migration
