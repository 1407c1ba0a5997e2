#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lockkeeper::kube {

/// Lines out of bytes that arrive cut anywhere, also inside a UTF-8 character: nothing is decoded here.
class LineSplitter {
  public:
    explicit LineSplitter(std::size_t longest_line) : longest_line_(longest_line) {}

    void feed(std::string_view bytes);

    /// The next whole line, without its line break. Empty lines are passed over. Throws TransportError `Garbled` for a
    /// line, complete or not, that is longer than allowed.
    std::optional<std::string> next();

    /// Is there a beginning without its end?
    bool has_remainder() const { return begin_ < bytes_.size(); }

  private:
    std::size_t longest_line_;
    std::string bytes_;
    std::size_t begin_ = 0;    ///< of the next line
    std::size_t scanned_ = 0;  ///< there is no line break between `begin_` and here
};

}  // namespace lockkeeper::kube
