#pragma once

#include "migration/checksum.hpp"
#include "migration/version.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::migration {

enum class Direction { Up, Down };

/// Reads exactly `up` or `down`; anything else (``, `UP`, ` up`, `rollback`) is std::invalid_argument.
Direction parse_direction(std::string_view text);
std::string_view to_string(Direction direction);

/// A row of the history table: one script that the database has.
struct AppliedScript {
    Version version;
    std::string name;
    Checksum checksum;
    std::optional<std::string> down_script;  ///< kept so that a rollback works after the source that held it is gone
    std::optional<Checksum> down_checksum;
    std::chrono::system_clock::time_point applied_at;
    std::chrono::milliseconds duration{0};
};

/// The history table's rows, ordered by version.
using History = std::vector<AppliedScript>;

}  // namespace lockkeeper::migration
