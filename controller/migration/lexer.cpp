#include "migration/lexer.hpp"

#include <algorithm>

namespace lockkeeper::migration {
namespace {

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool starts_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool continues_tag(char c) {
    return starts_word(c) || is_digit(c);
}
bool continues_word(char c) {
    return continues_tag(c) || c == '$';
}
bool is_one_of(char c, std::string_view set) {
    return c != '\0' && set.find(c) != std::string_view::npos;
}

}  // namespace

Token Lexer::next() {
    skip_space_and_comments();
    const auto begin = at_;
    if (at_ >= text_.size()) return {TokenKind::End, begin, begin};
    const char c = text_[at_];
    if (starts_word(c)) return word_or_prefixed_quote();
    if (is_digit(c)) {
        while (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) ++at_;
        return {TokenKind::Number, begin, at_};
    }
    if (c == '$') return dollar();
    ++at_;
    switch (c) {
        case '\'':
            skip_quoted('\'', begin);
            return {TokenKind::String, begin, at_};
        case '"':
            skip_quoted('"', begin);
            return {TokenKind::Name, begin, at_};
        case ';':
            return {TokenKind::Semicolon, begin, at_};
        case '(':
            return {TokenKind::OpenParenthesis, begin, at_};
        case ')':
            return {TokenKind::CloseParenthesis, begin, at_};
        case '\\':
            return {TokenKind::Backslash, begin, at_};
        default:
            return {TokenKind::Symbol, begin, at_};
    }
}

void Lexer::skip_space_and_comments() {
    while (at_ < text_.size()) {
        if (is_space(text_[at_])) {
            ++at_;
        } else if (text_[at_] == '-' && peek(1) == '-') {
            at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
        } else if (text_[at_] == '/' && peek(1) == '*') {
            skip_block_comment();
        } else {
            return;
        }
    }
}

void Lexer::skip_block_comment() {
    const auto begin = at_;
    std::size_t depth = 0;
    do {
        if (at_ >= text_.size()) throw UnterminatedToken("a /* comment is never closed by */", begin);
        if (peek() == '/' && peek(1) == '*') {
            ++depth;
            at_ += 2;
        } else if (peek() == '*' && peek(1) == '/') {
            --depth;
            at_ += 2;
        } else {
            ++at_;
        }
    } while (depth > 0);
}

Token Lexer::word_or_prefixed_quote() {
    const auto begin = at_;
    const char c = text_[at_];
    if (is_one_of(c, "eE") && peek(1) == '\'') {
        at_ += 2;
        skip_escape_string(begin);
        return {TokenKind::String, begin, at_};
    }
    if (is_one_of(c, "bBxXnN") && peek(1) == '\'') {
        at_ += 2;
        skip_quoted('\'', begin);
        return {TokenKind::String, begin, at_};
    }
    if (is_one_of(c, "uU") && peek(1) == '&' && is_one_of(peek(2), "'\"")) {
        const char quote = peek(2);
        at_ += 3;
        skip_quoted(quote, begin);
        return {quote == '"' ? TokenKind::Name : TokenKind::String, begin, at_};
    }
    while (at_ < text_.size() && continues_word(text_[at_])) ++at_;
    return {TokenKind::Word, begin, at_};
}

Token Lexer::dollar() {
    const auto begin = at_++;
    if (is_digit(peek())) {
        while (is_digit(peek())) ++at_;
        return {TokenKind::Number, begin, at_};
    }
    auto tag_end = at_;
    if (tag_end < text_.size() && starts_word(text_[tag_end])) {
        while (tag_end < text_.size() && continues_tag(text_[tag_end])) ++tag_end;
    }
    if (tag_end >= text_.size() || text_[tag_end] != '$') return {TokenKind::Symbol, begin, at_};
    const auto delimiter = text_.substr(begin, tag_end + 1 - begin);
    const auto close = text_.find(delimiter, tag_end + 1);
    if (close == std::string_view::npos) {
        throw UnterminatedToken("a " + std::string(delimiter) + " string is never closed by " + std::string(delimiter),
                                begin);
    }
    at_ = close + delimiter.size();
    return {TokenKind::String, begin, at_};
}

void Lexer::skip_quoted(char quote, std::size_t begin) {
    while (true) {
        const auto close = text_.find(quote, at_);
        if (close == std::string_view::npos) {
            throw UnterminatedToken(
                quote == '"' ? "a \"quoted\" name is never closed" : "a 'quoted' string is never closed", begin);
        }
        at_ = close + 1;
        if (peek() != quote) return;
        ++at_;  // a doubled quote stands for one
    }
}

void Lexer::skip_escape_string(std::size_t begin) {
    while (at_ < text_.size()) {
        const char c = text_[at_++];
        if (c == '\\') {
            at_ = std::min(at_ + 1, text_.size());
        } else if (c == '\'') {
            if (peek() == '\'') {
                ++at_;
            } else if (!continues_on_next_line()) {
                return;
            }
        }
    }
    throw UnterminatedToken("an E'quoted' string is never closed", begin);
}

/// SQL joins two string pieces with nothing but white space with a line break between them, and the second piece is
/// read by the rules of the first: `E'a'⏎'b\'c'` is one string. Moves behind the opening quote of the second piece.
bool Lexer::continues_on_next_line() {
    auto at = at_;
    bool line_break = false;
    while (at < text_.size()) {
        if (is_space(text_[at])) {
            line_break = line_break || text_[at] == '\n' || text_[at] == '\r';
            ++at;
        } else if (text_.substr(at).starts_with("--")) {
            at = std::min(text_.find_first_of("\r\n", at), text_.size());
        } else {
            break;
        }
    }
    if (!line_break || at >= text_.size() || text_[at] != '\'') return false;
    at_ = at + 1;
    return true;
}

}  // namespace lockkeeper::migration
