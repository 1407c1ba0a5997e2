#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lockkeeper::api {

/// The most bytes that a message has here. The API server allows 32768; kubectl prints one line of it.
constexpr std::size_t longest_message = 1024;

/// Text as one line of valid UTF-8 of at most `limit` bytes. Control characters and runs of white space become one
/// space, bytes that are not UTF-8 become U+FFFD (a server that refuses a login speaks in its own encoding), and what
/// is too long ends in `…`.
std::string one_line(std::string_view text, std::size_t limit = longest_message);

}  // namespace lockkeeper::api
