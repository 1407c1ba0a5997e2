#pragma once

#include <cstddef>
#include <string_view>

namespace lockkeeper::migration {

/// Goes through a text line by line and copies nothing: `for (Lines lines(text); lines.next();)`. A byte order mark
/// and the CR of a CRLF belong to no line.
class Lines {
  public:
    explicit Lines(std::string_view whole) : whole_(whole) {}

    bool next();

    std::string_view text() const { return text_; }
    std::size_t number() const { return number_; }  ///< from 1
    std::size_t begin() const { return begin_; }    ///< byte offset of the line
    std::size_t behind() const { return behind_; }  ///< byte offset of the next line

  private:
    std::string_view whole_;
    std::string_view text_;
    std::size_t number_ = 0;
    std::size_t begin_ = 0;
    std::size_t behind_ = 0;
};

/// Without spaces, tabs and line breaks at either end.
std::string_view trimmed(std::string_view text);

/// Empty, or nothing but a `--` comment.
bool is_blank_or_comment(std::string_view line);

}  // namespace lockkeeper::migration
