#include "postgres/result.hpp"

#include <libpq-fe.h>

#include <charconv>
#include <stdexcept>

namespace lockkeeper::postgres {

Result::Result(pg_result* result) : result_(result, &PQclear) {}

std::size_t Result::rows() const {
    return static_cast<std::size_t>(PQntuples(result_.get()));
}

bool Result::is_null(std::size_t row, int column) const {
    return PQgetisnull(result_.get(), static_cast<int>(row), column) != 0;
}

std::string_view Result::text(std::size_t row, int column) const {
    const int at = static_cast<int>(row);
    return {PQgetvalue(result_.get(), at, column), static_cast<std::size_t>(PQgetlength(result_.get(), at, column))};
}

std::optional<std::string> Result::optional_text(std::size_t row, int column) const {
    if (is_null(row, column)) return std::nullopt;
    return std::string(text(row, column));
}

long long Result::integer(std::size_t row, int column) const {
    const auto digits = text(row, column);
    long long value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) {
        throw std::runtime_error("the database answered with text where a whole number was expected");
    }
    return value;
}

std::string_view Result::command_tag() const {
    return PQcmdStatus(result_.get());
}

}  // namespace lockkeeper::postgres
