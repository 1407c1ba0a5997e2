#include "postgres/identifier.hpp"

#include <stdexcept>

namespace lockkeeper::postgres {
namespace {

constexpr std::size_t longest_name = 63;

void refuse_nul(std::string_view text) {
    if (text.find('\0') != std::string_view::npos)
        throw std::invalid_argument("text for PostgreSQL cannot hold a NUL byte");
}

std::string quoted_with(char quote, std::string_view text, bool double_backslashes) {
    refuse_nul(text);
    std::string result(1, quote);
    for (const char c : text) {
        result += c;
        if (c == quote || (double_backslashes && c == '\\')) result += c;
    }
    return result + quote;
}

void check_part(const std::string& part, std::string_view whole) {
    const auto refuse = [&](const std::string& why) {
        throw std::invalid_argument("the table name '" + std::string(whole) + "' " + why +
                                    "; write 'table' or 'schema.table'");
    };
    if (part.empty()) refuse("has an empty part");
    if (part.size() > longest_name) refuse("has a part of more than 63 bytes");
    if (part.find('\0') != std::string::npos) refuse("holds a NUL byte");
}

}  // namespace

std::string quote_identifier(std::string_view name) {
    return quoted_with('"', name, false);
}

std::string quote_literal(std::string_view text) {
    const bool backslashes = text.find('\\') != std::string_view::npos;
    return (backslashes ? "E" : "") + quoted_with('\'', text, backslashes);
}

QualifiedName QualifiedName::parse(std::string_view text) {
    const auto dot = text.find('.');
    QualifiedName name{"public", std::string(text)};
    if (dot != std::string_view::npos) {
        name = {std::string(text.substr(0, dot)), std::string(text.substr(dot + 1))};
        if (name.table.find('.') != std::string::npos) {
            throw std::invalid_argument("the table name '" + std::string(text) +
                                        "' has more than one dot; write 'table' or 'schema.table'");
        }
    }
    check_part(name.schema, text);
    check_part(name.table, text);
    return name;
}

}  // namespace lockkeeper::postgres
