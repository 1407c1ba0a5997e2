#include "migration/session_effect.hpp"

#include "migration/lexer.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace lockkeeper::migration {
namespace {

constexpr std::array<std::string_view, 19> plain{
    "alter", "analyze", "cluster", "comment", "copy",   "create",   "delete",   "drop",   "grant", "insert",
    "lock",  "merge",   "refresh", "reindex", "revoke", "security", "truncate", "update", "vacuum"};

}  // namespace

bool leaves_session_alone(std::string_view sql) {
    const auto first = Lexer(sql).next();
    if (first.kind != TokenKind::Word) return false;
    std::string word(sql.substr(first.begin, first.end - first.begin));
    std::ranges::transform(word, word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::ranges::binary_search(plain, word);
}

}  // namespace lockkeeper::migration
