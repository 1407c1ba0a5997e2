#include "migration/statement_class.hpp"

#include "migration/lexer.hpp"

#include <algorithm>
#include <cctype>
#include <initializer_list>

namespace lockkeeper::migration {
namespace {

using Kind = StatementKind;

/// Reads a statement word by word.
class Words {
  public:
    explicit Words(std::string_view sql) : sql_(sql), lexer_(sql), token_(lexer_.next()) {}

    bool take(std::string_view lower_case) {
        if (!is(lower_case)) return false;
        advance();
        return true;
    }
    /// All of these words in a row, or none.
    bool take_all(std::initializer_list<std::string_view> words) {
        const auto before = *this;
        if (std::ranges::all_of(words, [&](std::string_view word) { return take(word); })) return true;
        *this = before;
        return false;
    }
    /// `(VERBOSE, CONCURRENTLY)`: passed over; true if one of the options is the word.
    bool take_options(std::string_view wanted) {
        if (token_.kind != TokenKind::OpenParenthesis) return false;
        bool found = false;
        while (token_.kind != TokenKind::CloseParenthesis && token_.kind != TokenKind::End) {
            found = found || is(wanted);
            advance();
        }
        advance();
        return found;
    }
    /// A name with its schema, as it is written, or nothing.
    std::string name() {
        const auto begin = token_.begin;
        auto end = begin;
        while (token_.kind == TokenKind::Word || token_.kind == TokenKind::Name) {
            end = token_.end;
            advance();
            if (text() != ".") break;
            advance();
        }
        return std::string(sql_.substr(begin, end - begin));
    }
    bool is(std::string_view lower_case) const {
        return token_.kind == TokenKind::Word && std::ranges::equal(text(), lower_case, [](char a, char b) {
                   return std::tolower(static_cast<unsigned char>(a)) == b;
               });
    }
    bool at_end() const { return token_.kind == TokenKind::End; }
    void advance() { token_ = lexer_.next(); }

  private:
    std::string_view text() const { return sql_.substr(token_.begin, token_.end - token_.begin); }

    std::string_view sql_;
    Lexer lexer_;
    Token token_;
};

StatementClass created(Words& words) {
    if (words.take("database")) return {Kind::CreateDatabase, words.name(), {}};
    if (words.take("tablespace")) return {Kind::CreateTablespace, words.name(), {}};
    words.take("unique");
    if (!words.take_all({"index", "concurrently"})) return {};
    StatementClass index{Kind::CreateIndexConcurrently, {}, {}};
    words.take_all({"if", "not", "exists"});
    if (!words.is("on")) index.object = words.name();
    if (!words.take("on")) return index;
    words.take("only");
    index.table = words.name();
    return index;
}

StatementClass dropped(Words& words) {
    const auto of = [&](Kind kind) {
        words.take_all({"if", "exists"});
        return StatementClass{kind, words.name(), {}};
    };
    if (words.take("database")) return of(Kind::DropDatabase);
    if (words.take("tablespace")) return of(Kind::DropTablespace);
    if (words.take_all({"index", "concurrently"})) return of(Kind::DropIndexConcurrently);
    return {};
}

StatementClass reindexed(Words& words) {
    const bool by_option = words.take_options("concurrently");
    const bool index = words.is("index");
    const bool table = words.is("table");
    const bool schema = words.is("schema");
    words.advance();
    const bool by_word = words.take("concurrently");
    if (!by_option && !by_word) return {index || table ? Kind::Ordinary : Kind::Harmless, {}, {}};
    StatementClass rebuilt{Kind::ReindexConcurrently, {}, {}};
    if (index) rebuilt.object = words.name();
    if (table) rebuilt.table = words.name();
    if (schema) rebuilt.schema = words.name();
    return rebuilt;
}

StatementClass altered(Words& words) {
    if (words.take("system")) return {Kind::Harmless, {}, {}};
    if (words.take("database")) {
        words.name();
        return {words.take_all({"set", "tablespace"}) ? Kind::Untellable : Kind::Ordinary, {}, {}};
    }
    if (!words.take("table")) return {};
    words.take_all({"if", "exists"});
    words.take("only");
    auto table = words.name();
    if (!words.take_all({"detach", "partition"})) return {};
    auto partition = words.name();
    if (!words.is("concurrently") && !words.is("finalize")) return {};
    return {Kind::DetachPartitionConcurrently, std::move(partition), std::move(table)};
}

/// SET LOCAL and what SET means for a transaction end with it; the rest stays with the session.
StatementClass set(Words& words) {
    const bool passing = words.is("local") || words.is("constraints") || words.is("transaction");
    return {passing ? Kind::Ordinary : Kind::Session, {}, {}};
}

StatementClass clustered(Words& words) {
    words.take_options("verbose");
    words.take("verbose");
    return {words.at_end() ? Kind::Harmless : Kind::Ordinary, {}, {}};
}

}  // namespace

StatementClass classify_statement(std::string_view sql) {
    Words words(sql);
    if (words.take("create")) return created(words);
    if (words.take("drop")) return dropped(words);
    if (words.take("alter")) return altered(words);
    if (words.take("set")) return set(words);
    if (words.take("reset")) return {Kind::Session, {}, {}};
    if (words.take("reindex")) return reindexed(words);
    if (words.take("cluster")) return clustered(words);
    if (words.take("vacuum")) return {Kind::Harmless, {}, {}};
    return {};
}

}  // namespace lockkeeper::migration
