#pragma once

#include "migration/checksum.hpp"
#include "migration/source_file.hpp"
#include "migration/statement_class.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::migration {

/// A place in a script as an editor shows it; both 1-based, the column in characters.
struct Position {
    std::size_t line = 0;
    std::size_t column = 0;
};

/// The position of a byte offset. An offset beyond the end is the end.
Position position_at(std::string_view text, std::size_t offset);
/// The byte offset of a 0-based character index in UTF-8 text.
std::size_t byte_offset_of(std::string_view text, std::size_t characters);
std::size_t count_characters(std::string_view text);
/// The line that holds a byte offset, without its line break.
std::string_view line_at(std::string_view text, std::size_t offset);

/// One statement: bytes [begin, end) of the script, without its semicolon.
struct Statement {
    std::size_t begin;
    std::size_t end;
    StatementKind kind = StatementKind::Ordinary;
};

/// A part of a script that goes to the server in one message: SQL and, if its last statement is `COPY … FROM STDIN`,
/// the data that stands inline behind it.
struct Segment {
    std::size_t sql_begin;
    std::size_t sql_end;
    bool has_copy_data = false;
    std::size_t data_begin = 0;
    std::size_t data_end = 0;
};

/// A script, split and checked. Offsets are into the text of the file; a byte order mark is outside of them.
struct ScriptText {
    std::vector<Statement> statements;
    std::vector<Segment> segments;
    /// psql's \restrict and \unrestrict, which pg_dump writes and which mean nothing to a server: to be sent as spaces.
    std::vector<Statement> blanked;
    /// The script says `-- lockkeeper:no-transaction` in a comment line above its first statement.
    bool no_transaction = false;

    /// Can all statements share one transaction, as far as their first words tell?
    bool fits_a_transaction() const;
};

/// Bytes [begin, end) of a script as the server may see them: what is blanked as spaces, so that positions stay what
/// they are.
std::string sql_between(std::string_view script, const ScriptText& text, std::size_t begin, std::size_t end);

/// The checksum of the first so many statements of a script, whatever comments stand between them: of each, with that
/// of those before it. `next` adds one statement, numbered from 1, to what is before it.
Checksum checksum_of_first(std::string_view script, const ScriptText& text, std::size_t statements);
Checksum checksum_of_next(const Checksum& before, std::string_view script, const ScriptText& text,
                          std::size_t statement);

/// Splits a script by psql's rules (src/fe_utils/psqlscan.l): a semicolon ends a statement unless it stands in
/// parentheses or in the BEGIN ATOMIC … END body of a function.
///
/// Throws InvalidSource, with line and column, for what can never run: a NUL byte, text that is not UTF-8, a quote or
/// comment without an end, a `-- lockkeeper:` directive that does not exist, psql's backslash commands, inline COPY
/// data without its `\.`, and transaction control (BEGIN, COMMIT, ROLLBACK and their kin), because a script and its
/// history row commit together.
ScriptText read_script_text(const SourceFile& file);

}  // namespace lockkeeper::migration
