#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct pg_result;

namespace lockkeeper::postgres {

/// Rows of a query, as text. Row and column count from 0; a view lives as long as the result.
class Result {
  public:
    explicit Result(pg_result* result);

    std::size_t rows() const;
    bool is_null(std::size_t row, int column) const;
    std::string_view text(std::size_t row, int column) const;
    std::optional<std::string> optional_text(std::size_t row, int column) const;
    bool boolean(std::size_t row, int column) const { return text(row, column) == "t"; }
    /// Throws std::runtime_error for text that is no whole number.
    long long integer(std::size_t row, int column) const;
    const pg_result* get() const { return result_.get(); }
    /// `COMMIT`, `INSERT 0 1` …
    std::string_view command_tag() const;

  private:
    std::shared_ptr<pg_result> result_;
};

}  // namespace lockkeeper::postgres
