#pragma once

#include "api/timestamps.hpp"
#include "migration/history.hpp"
#include "migration/run_report.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lockkeeper::reconcile {

/// What a Job's runner says, one JSON object a line on its standard output: what it does while it does it, and in the
/// last line what came of it. Written by `lockkeeper run`, read by the controller out of the pod's log. Nothing of it
/// is a secret, since whoever may read the log reads it.

/// A session of the database.
struct RunnerSession {
    int pid = 0;
    std::string application;
    std::string client;
    std::string state;
    std::string query{};  ///< the kind of its statement, never the text
    std::optional<api::Timestamp> since{};
};

/// Another runner holds the advisory lock.
struct RunnerWaiting {
    std::int64_t key = 0;
    std::chrono::milliseconds waited{0};
    std::optional<RunnerSession> holder{};
};

/// It has the lock, and this many scripts to run.
struct RunnerPlanned {
    std::size_t steps = 0;
};

/// The n-th script of so many.
struct RunnerStarted {
    std::string version;
    std::size_t number = 1;
    std::size_t steps = 1;
    api::Timestamp at{};
};

/// The script waits for locks of other sessions.
struct RunnerBlocked {
    std::string version;
    std::vector<RunnerSession> by;
};

/// A script that is no transaction comes to a statement.
struct RunnerStatement {
    std::string version;
    std::size_t number = 1;
    std::size_t statements = 1;
};

/// The script builds an index, and is so far with it.
struct RunnerBuilding {
    std::string version;
    std::string phase;
    std::optional<std::size_t> percent{};
};

struct RunnerFinished {
    std::string version;
    migration::Direction direction = migration::Direction::Up;
    std::chrono::milliseconds duration{0};
};

/// The last line of a run that came as far as to ask the database, or to look at its scripts.
struct RunnerResult {
    migration::RunReport report;
    std::optional<std::string> source_digest{};
    std::optional<std::size_t> script_count{};  ///< in the source
    std::size_t ran_count = 0;                  ///< of `report.ran` only the last 100 are told
};

/// The last line of one that did not: it could not read what it was given. `reason` is that of a condition.
struct RunnerRefusal {
    std::string reason;
    std::string message;
};

using RunnerLine = std::variant<RunnerWaiting, RunnerPlanned, RunnerStarted, RunnerBlocked, RunnerStatement,
                                RunnerBuilding, RunnerFinished, RunnerResult, RunnerRefusal>;

/// Without the line break.
std::string to_line(const RunnerLine& line);

/// Nothing for whatever to_line does not write: part of a line, another program's output, a format that is newer.
std::optional<RunnerLine> parse_runner_line(std::string_view text);

/// What Kubernetes keeps of a termination message.
constexpr std::size_t longest_termination_message = 4096;

/// A last line for the termination message, for when the log is gone: a complete object of at most that many bytes,
/// whose counts are exact and whose lists and texts are cut where they must be.
std::string to_termination_message(const RunnerLine& last);

}  // namespace lockkeeper::reconcile
