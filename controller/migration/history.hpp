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

/// How far a script without a transaction has come: it runs statement by statement, and each is journalled.
struct Journal {
    Direction direction = Direction::Up;
    std::size_t statements = 0;  ///< how many the script had when it was last run
    std::size_t done = 0;        ///< how many of them are known to have taken effect
    /// The number of the statement that was announced because it cannot commit together with its journal entry. Above
    /// `done` it is in doubt: the runner died or lost its connection while it ran.
    std::size_t begun = 0;
    Checksum prefix;  ///< checksum_of_first of the statements up to the last of these

    bool in_doubt() const { return begun > done; }
};

/// A row of the history table: one script that the database has, or, with a journal, has in part.
struct AppliedScript {
    Version version;
    std::string name;
    Checksum checksum;
    std::optional<std::string> down_script;  ///< kept so that a rollback works after the source that held it is gone
    std::optional<Checksum> down_checksum;
    std::chrono::system_clock::time_point applied_at;
    std::chrono::milliseconds duration{0};
    std::optional<Journal> journal{};  ///< set while a script without a transaction is under way
};

/// The history table's rows, ordered by version.
using History = std::vector<AppliedScript>;

}  // namespace lockkeeper::migration
