#pragma once

#include "migration/history.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace lockkeeper::migration {

/// What a file name of the paired layout says: `0103_drop_rollups.up.sql` is version `0103_drop_rollups`, name
/// `drop_rollups`, up.
struct ScriptName {
    std::string version;
    std::string name;
    Direction direction;
};

/// Reads `NNN_name.up.sql`, `NNN_name.down.sql` and `NNN_name.sql` (up only). NNN is digits, with points between parts
/// (`1.10_x.up.sql`); `-` may stand for `_`. Nothing for any other name.
std::optional<ScriptName> read_paired_name(std::string_view file);

}  // namespace lockkeeper::migration
