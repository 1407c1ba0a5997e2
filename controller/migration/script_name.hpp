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

/// Does the name say a direction: `.up.sql` or `.down.sql`?
bool has_direction(std::string_view file);

/// What a file name says where the number alone is the version: `0103_drop_rollups.sql` is version `0103`, name
/// `drop_rollups`.
struct NumberedName {
    std::string version;
    std::string name;
};

/// Reads `NNN_name.sql`, NNN being digits alone. Nothing for any other name.
std::optional<NumberedName> read_numbered_name(std::string_view file);

/// What a file name of Flyway says: `V1_2__add_orders.sql` is `V`, version `1.2`, name `add_orders`. The version of a
/// repeatable script is its name: `R__views`.
struct FlywayName {
    char prefix;  ///< V versioned, U undo, R repeatable, B baseline
    std::string version;
    std::string name;
};

/// Reads `V…__name.sql` and its kin. In a version `_` stands for a point. Nothing for any other name.
std::optional<FlywayName> read_flyway_name(std::string_view file);
/// Is this a name of Flyway, whatever its ending (`V2__seed.java`)?
bool looks_like_flyway(std::string_view file);

}  // namespace lockkeeper::migration
