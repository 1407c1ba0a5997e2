#include "migration/script_text.hpp"

#include "migration/directives.hpp"
#include "migration/lexer.hpp"
#include "migration/script_set.hpp"
#include "migration/utf8.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace lockkeeper::migration {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool same_word(std::string_view word, std::string_view lower_case) {
    return std::ranges::equal(word, lower_case,
                              [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

/// psql's heuristic for functions with a standard SQL body: after CREATE [OR REPLACE] {FUNCTION|PROCEDURE}, semicolons
/// between BEGIN and its END do not end the statement. Inside, CASE has an END of its own.
class FunctionBody {
  public:
    void see(std::string_view word, std::size_t parentheses) {
        if (count_ < first_words_.size()) first_words_[count_] = initial_of(word);
        ++count_;
        if (parentheses > 0 || !creates_function()) return;
        if (same_word(word, "begin") || (depth_ > 0 && same_word(word, "case"))) {
            ++depth_;
        } else if (depth_ > 0 && same_word(word, "end")) {
            --depth_;
        }
    }
    bool open() const { return depth_ > 0; }

  private:
    static char initial_of(std::string_view word) {
        for (const std::string_view known : {"create", "function", "procedure", "or", "replace"}) {
            if (same_word(word, known)) return known.front();
        }
        return '\0';
    }
    bool creates_function() const {
        const auto is_function = [](char c) { return c == 'f' || c == 'p'; };
        return first_words_[0] == 'c' &&
               (is_function(first_words_[1]) ||
                (first_words_[1] == 'o' && first_words_[2] == 'r' && is_function(first_words_[3])));
    }

    std::array<char, 4> first_words_{};
    std::size_t count_ = 0;
    std::size_t depth_ = 0;
};

/// What the checks need to know of a statement: its first words, and whether it reads COPY data from its own script.
class StatementShape {
  public:
    void see(std::string_view word, std::size_t parentheses) {
        if (count_ < words_.size()) words_[count_] = word;
        ++count_;
        if (parentheses > 0) return;
        copies_from_stdin_ = copies_from_stdin_ || (from_ && same_word(word, "stdin"));
        from_ = same_word(word, "from");
    }
    bool copies_from_stdin() const { return starts_with("copy") && copies_from_stdin_; }

    /// BEGIN, COMMIT and their kin. ROLLBACK TO a savepoint stays inside the transaction and is allowed.
    bool controls_transaction() const {
        if (starts_with("rollback") || starts_with("abort")) {
            return !is(1, "to") && !((is(1, "work") || is(1, "transaction")) && is(2, "to"));
        }
        return starts_with("begin") || starts_with("commit") || starts_with("end") ||
               (starts_with("start") && is(1, "transaction")) || (starts_with("prepare") && is(1, "transaction"));
    }
    std::string_view first_word() const { return words_[0]; }

  private:
    bool is(std::size_t index, std::string_view word) const { return index < count_ && same_word(words_[index], word); }
    bool starts_with(std::string_view word) const { return is(0, word); }

    std::array<std::string_view, 3> words_{};
    std::size_t count_ = 0;
    bool from_ = false;
    bool copies_from_stdin_ = false;
};

class Reader {
  public:
    explicit Reader(const SourceFile& file) : file_(file), text_(file.text) {}

    ScriptText read() {
        check_bytes();
        if (text_.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
        segment_begin_ = at_;
        take_directives();
        try {
            while (read_statement()) {
            }
        } catch (const UnterminatedToken& error) {
            fail(error.begin(), error.what());
        }
        if (segment_begin_ < text_.size()) result_.segments.push_back({segment_begin_, text_.size()});
        return std::move(result_);
    }

  private:
    [[noreturn]] void fail(std::size_t offset, const std::string& message) const {
        const auto [line, column] = position_at(text_, offset);
        throw InvalidSource(file_.name, message, line, column);
    }

    void check_bytes() const {
        if (const auto nul = text_.find('\0'); nul != std::string_view::npos) {
            fail(nul, "a NUL byte cannot be part of SQL; save the file as UTF-8 text");
        }
        if (const auto bad = find_invalid_utf8(text_); bad != std::string_view::npos) {
            fail(bad, "this byte is not UTF-8; save the file as UTF-8 text");
        }
    }

    void take_directives() {
        for (const auto& [word, offset] : read_directives(text_.substr(at_))) {
            if (word != "no-transaction") {
                fail(at_ + offset,
                     "there is no directive 'lockkeeper:" + word + "'; there is lockkeeper:no-transaction");
            }
            result_.no_transaction = true;
        }
    }

    /// Reads up to the end of one statement. False at the end of the text.
    bool read_statement() {
        Lexer lexer(text_, at_);
        StatementShape shape;
        FunctionBody body;
        std::size_t parentheses = 0;
        std::size_t begin = text_.size();
        std::size_t end = 0;
        while (true) {
            const auto token = lexer.next();
            const bool last = token.kind == TokenKind::End;
            if (last || (token.kind == TokenKind::Semicolon && parentheses == 0 && !body.open())) {
                at_ = token.end;
                finish_statement(shape, begin, end, last);
                return !last;
            }
            if (token.kind == TokenKind::Backslash) {
                lexer = Lexer(text_, psql_command(token.begin));
                continue;
            }
            begin = std::min(begin, token.begin);
            end = token.end;
            if (token.kind == TokenKind::OpenParenthesis) ++parentheses;
            if (token.kind == TokenKind::CloseParenthesis && parentheses > 0) --parentheses;
            if (token.kind == TokenKind::Word) {
                const auto word = text_.substr(token.begin, token.end - token.begin);
                shape.see(word, parentheses);
                body.see(word, parentheses);
            }
        }
    }

    void finish_statement(const StatementShape& shape, std::size_t begin, std::size_t end, bool last) {
        if (begin >= end) return;  // nothing between two semicolons
        result_.statements.push_back({begin, end, classify_statement(text_.substr(begin, end - begin)).kind});
        if (shape.controls_transaction()) {
            fail(begin, "'" + std::string(shape.first_word()) +
                            "' controls the transaction, but a script and its history row commit together; remove it "
                            "(each script already is one transaction)");
        }
        if (shape.copies_from_stdin()) take_copy_data(begin, last);
    }

    void take_copy_data(std::size_t statement_begin, bool last) {
        const auto sql_end = at_;
        const auto line_break = text_.find('\n', at_);
        if (last || line_break == std::string_view::npos) {
            fail(statement_begin,
                 "COPY … FROM STDIN has no data; write the rows on the next lines and '\\.' behind them");
        }
        if (text_.substr(at_, line_break - at_).find_first_not_of(" \t\r") != std::string_view::npos) {
            fail(at_,
                 "the rows of COPY … FROM STDIN start on the next line; nothing else may stand behind its semicolon");
        }
        const auto data_begin = line_break + 1;
        for (auto line = data_begin; line < text_.size();) {
            const auto end = std::min(text_.find('\n', line), text_.size());
            auto content = text_.substr(line, end - line);
            if (content.ends_with('\r')) content.remove_suffix(1);
            if (content == "\\.") {
                result_.segments.push_back({segment_begin_, sql_end, true, data_begin, line});
                segment_begin_ = at_ = std::min(end + 1, text_.size());
                return;
            }
            line = end + 1;
        }
        fail(statement_begin, "the rows of this COPY … FROM STDIN never end; write a line '\\.' behind the last one");
    }

    /// pg_dump's \restrict and \unrestrict are passed over; all else that only psql knows is an error.
    std::size_t psql_command(std::size_t begin) {
        const auto end = std::min(text_.find('\n', begin), text_.size());
        const auto command = text_.substr(begin, end - begin);
        const auto name = command.substr(0, std::min(command.find_first_of(" \t\r"), command.size()));
        if (name != "\\restrict" && name != "\\unrestrict") {
            fail(begin, "'" + std::string(name) +
                            "' is a command of psql, which a server does not know; write the SQL that it stands for");
        }
        result_.blanked.push_back({begin, end});
        return end;
    }

    const SourceFile& file_;
    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t segment_begin_ = 0;
    ScriptText result_;
};

}  // namespace

bool ScriptText::fits_a_transaction() const {
    return std::ranges::none_of(statements, needs_no_transaction, &Statement::kind);
}

std::string sql_between(std::string_view script, const ScriptText& text, std::size_t begin, std::size_t end) {
    std::string sql(script.substr(begin, end - begin));
    for (const auto& blank : text.blanked) {
        if (blank.begin < begin || blank.end > end) continue;
        std::fill(sql.begin() + static_cast<std::ptrdiff_t>(blank.begin - begin),
                  sql.begin() + static_cast<std::ptrdiff_t>(blank.end - begin), ' ');
    }
    return sql;
}

Checksum checksum_of_next(const Checksum& before, std::string_view script, const ScriptText& text,
                          std::size_t statement) {
    const auto& [begin, end, kind] = text.statements.at(statement - 1);
    return checksum_of(before + "\n" + std::string(script.substr(begin, end - begin)));
}

Checksum checksum_of_first(std::string_view script, const ScriptText& text, std::size_t statements) {
    auto checksum = checksum_of({});
    for (std::size_t i = 1; i <= statements; ++i) checksum = checksum_of_next(checksum, script, text, i);
    return checksum;
}

ScriptText read_script_text(const SourceFile& file) {
    return Reader(file).read();
}

}  // namespace lockkeeper::migration
