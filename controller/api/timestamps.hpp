#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace lockkeeper::api {

/// An instant as Kubernetes stores it: UTC, whole seconds (metav1.Time).
using Timestamp = std::chrono::sys_seconds;

/// `2026-01-31T08:09:10Z`, RFC 3339.
std::string to_string(Timestamp timestamp);

/// Reads RFC 3339 with any offset; a fraction of a second is cut off. Nothing for any other text.
std::optional<Timestamp> parse_timestamp(std::string_view text);

}  // namespace lockkeeper::api
