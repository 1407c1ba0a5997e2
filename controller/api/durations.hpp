#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lockkeeper::api {

/// The text is no duration. The message quotes it and says what to write instead.
class InvalidDuration : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The longest duration of the API. PostgreSQL keeps its time-outs as milliseconds in 31 bits, which is a little more.
constexpr std::chrono::milliseconds longest_duration = std::chrono::hours(576);

/// Reads a duration as the CRD defines it: whole numbers with the units h, m, s and ms, the largest first (`1m30s`,
/// `500ms`), or `0`; at most longest_duration. A subset of what Go's time.ParseDuration reads. Throws InvalidDuration.
std::chrono::milliseconds parse_duration(std::string_view text);

/// The shortest text that parse_duration reads back: `1m30s`, `0`. A negative duration prints as `0`.
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace lockkeeper::api
