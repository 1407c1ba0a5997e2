#include "engine/statement_tag.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace lockkeeper::engine {
namespace {

constexpr std::array<std::string_view, 28> verbs{
    "ALTER",   "ANALYZE", "BEGIN",    "CALL",    "CHECKPOINT", "CLUSTER",  "COMMENT", "COMMIT", "COPY",  "CREATE",
    "DELETE",  "DO",      "DROP",     "EXECUTE", "FETCH",      "GRANT",    "INSERT",  "LOCK",   "MERGE", "REFRESH",
    "REINDEX", "REVOKE",  "ROLLBACK", "SELECT",  "SET",        "TRUNCATE", "UPDATE",  "VACUUM"};
constexpr std::array<std::string_view, 14> nouns{"CONCURRENTLY", "CONSTRAINT", "DATABASE",     "EXTENSION", "FUNCTION",
                                                 "INDEX",        "INTO",       "MATERIALIZED", "PROCEDURE", "SCHEMA",
                                                 "TABLE",        "TRIGGER",    "UNIQUE",       "VIEW"};

bool is_space(char character) {
    return std::isspace(static_cast<unsigned char>(character)) != 0;
}

/// Without the white space and the comments at its front.
std::string_view without_preamble(std::string_view text) {
    while (!text.empty()) {
        std::size_t end = 0;
        if (is_space(text.front()) || text.front() == ';') {
            end = 1;
        } else if (text.starts_with("--")) {
            end = text.find('\n');
        } else if (text.starts_with("/*")) {
            end = text.find("*/");
            if (end != std::string_view::npos) end += 2;
        } else {
            return text;
        }
        text.remove_prefix(std::min(end, text.size()));
    }
    return text;
}

std::string next_word(std::string_view& text) {
    std::string word;
    while (!text.empty() && std::isalpha(static_cast<unsigned char>(text.front())) != 0) {
        word += static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
        text.remove_prefix(1);
    }
    // What goes on with anything else was part of a name.
    if (!text.empty() && !is_space(text.front()) && text.front() != ';' && text.front() != '(') return {};
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    return word;
}

}  // namespace

std::string statement_tag(std::string_view sql) {
    auto rest = without_preamble(sql);
    auto tag = next_word(rest);
    if (std::ranges::find(verbs, tag) == verbs.end()) return {};
    while (true) {
        const auto word = next_word(rest);
        if (std::ranges::find(nouns, word) == nouns.end()) return tag;
        tag += " " + word;
    }
}

}  // namespace lockkeeper::engine
