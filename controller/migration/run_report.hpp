#pragma once

#include "migration/failure.hpp"
#include "migration/history.hpp"
#include "migration/plan.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace lockkeeper::migration {

/// What the database said at the end of a run, held against the source. Counts are exact; lists are bounded.
struct DatabaseState {
    std::string history_table;                   ///< `public.lockkeeper_history`, resolved
    std::optional<std::string> current_version;  ///< the highest applied version; repeatable scripts have none
    std::size_t applied_count = 0;
    std::size_t pending_count = 0;
    std::vector<std::string> pending;  ///< the first 20, in the order in which they would run
    std::size_t missing_count = 0;     ///< applied, but not in the source
    std::vector<std::string> missing;  ///< the first 20
    struct Entry {
        std::string version;
        std::string name;
        Checksum checksum;
        std::chrono::system_clock::time_point applied_at;
        std::chrono::milliseconds duration{0};
    };
    std::vector<Entry> newest;  ///< the 10 applied last, newest first
};

/// Holds a history against the source it should have come from.
DatabaseState describe(const std::string& history_table, const History& history, const Plan& plan);

/// A script that this run applied or rolled back.
struct RanScript {
    std::string version;
    Direction direction = Direction::Up;
    std::chrono::milliseconds duration{0};
};

/// The result of one run: from the engine, whatever executed it, to whoever shows it.
struct RunReport {
    std::optional<DatabaseState> database;  ///< absent when the database could not be read
    std::size_t recorded_count = 0;         ///< scripts recorded as applied without having been run
    std::vector<RanScript> ran;
    std::vector<std::string> warnings;
    std::optional<Failure> failure;  ///< absent: the goal is reached

    bool succeeded() const { return !failure.has_value(); }
};

}  // namespace lockkeeper::migration
