#pragma once

#include <string>
#include <string_view>

namespace lockkeeper::postgres {

/// `"name"`, with quotes inside doubled.
std::string quote_identifier(std::string_view name);

/// `'text'`, right whatever standard_conforming_strings says: a text with a backslash is written as `E'…'`. A NUL byte
/// is std::invalid_argument, since PostgreSQL's text has none.
std::string quote_literal(std::string_view text);

/// A table by schema and name, never dependent on a search path.
struct QualifiedName {
    std::string schema;
    std::string table;

    /// Reads `table` (in schema `public`) or `schema.table`, unquoted and taken literally. More than one dot, an empty
    /// part, a NUL or a part of more than 63 bytes (PostgreSQL's NAMEDATALEN) is std::invalid_argument.
    static QualifiedName parse(std::string_view text);

    std::string quoted() const { return quote_identifier(schema) + "." + quote_identifier(table); }
    std::string text() const { return schema + "." + table; }
    friend bool operator==(const QualifiedName&, const QualifiedName&) = default;
};

}  // namespace lockkeeper::postgres
