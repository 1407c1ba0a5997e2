#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lockkeeper::migration {

enum class TokenKind {
    Word,    ///< a keyword or an unquoted name
    Name,    ///< "quoted", U&"quoted"
    String,  ///< '…', E'…', B'…', X'…', N'…', U&'…' and $tag$…$tag$
    Number,  ///< the digits and points of a number, and $1
    Semicolon,
    OpenParenthesis,
    CloseParenthesis,
    Backslash,  ///< outside of quotes: a psql command
    Symbol,     ///< any other single byte
    End,
};

/// A piece of SQL text: bytes [begin, end) of the text that was scanned.
struct Token {
    TokenKind kind;
    std::size_t begin;
    std::size_t end;
};

/// A quote or comment that never ends.
class UnterminatedToken : public std::runtime_error {
  public:
    UnterminatedToken(const std::string& what, std::size_t begin) : std::runtime_error(what), begin_(begin) {}
    std::size_t begin() const { return begin_; }  ///< byte offset of its opening

  private:
    std::size_t begin_;
};

/// Splits SQL into tokens by the rules of PostgreSQL's own scanner (src/backend/parser/scan.l) with
/// standard_conforming_strings on, as far as finding the ends of statements needs it; white space and comments are
/// passed over. It allocates nothing and holds no state outside of itself. docs/decisions/0003 says why it is ours.
class Lexer {
  public:
    explicit Lexer(std::string_view text, std::size_t from = 0) : text_(text), at_(from) {}

    /// The next token; Token::End again and again at the end. Throws UnterminatedToken.
    Token next();

  private:
    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    void skip_space_and_comments();
    void skip_block_comment();
    Token word_or_prefixed_quote();
    Token dollar();
    void skip_quoted(char quote, std::size_t begin);
    void skip_escape_string(std::size_t begin);
    bool continues_on_next_line();

    std::string_view text_;
    std::size_t at_;
};

}  // namespace lockkeeper::migration
