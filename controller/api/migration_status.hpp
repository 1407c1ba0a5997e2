#pragma once

#include "api/boxed.hpp"
#include "api/conditions.hpp"
#include "api/timestamps.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lockkeeper::api {

/// A script that the database has.
struct HistoryEntry {
    std::string version;
    std::string name;
    std::string checksum;
    Timestamp applied_at;
    std::chrono::milliseconds duration{0};

    friend bool operator==(const HistoryEntry&, const HistoryEntry&) = default;
};

/// The last failure, as far as it can be shown: no connection string, no password, no value of a row. Empty texts and
/// zeros are unknown.
struct ErrorDetails {
    std::string sqlstate;
    std::string message;
    std::string version;
    std::string file;
    std::size_t line = 0;       ///< 1-based
    std::size_t column = 0;     ///< 1-based, in characters
    std::size_t statement = 0;  ///< 1-based

    friend bool operator==(const ErrorDetails&, const ErrorDetails&) = default;
};

/// A session of the database, as far as it can be shown. Empty texts are unknown. What it runs is never shown as it was
/// sent, since that may hold values.
struct DatabaseSession {
    int pid = 0;
    std::string application;
    std::string client;              ///< its address
    std::string state;               ///< `active`, `idle in transaction` …
    std::string query;               ///< what kind of statement it runs, or ran last: `CREATE INDEX`
    std::optional<Timestamp> since;  ///< of a holder: when its session began; of a blocker: when its query began

    friend bool operator==(const DatabaseSession&, const DatabaseSession&) = default;
};

/// The advisory lock that a run waits for.
struct AwaitedLock {
    std::int64_t key = 0;
    std::optional<DatabaseSession> holder;  ///< absent where nobody could be seen to hold it

    friend bool operator==(const AwaitedLock&, const AwaitedLock&) = default;
};

/// How far PostgreSQL is with an index.
struct IndexBuild {
    std::string phase;           ///< by PostgreSQL's own names: `building index: scanning table`
    std::optional<int> percent;  ///< of the phase, where it can be counted

    friend bool operator==(const IndexBuild&, const IndexBuild&) = default;
};

/// The script that runs now.
struct RunningScript {
    std::string version;
    Timestamp started_at;
    std::size_t statement = 0;   ///< 1-based; 0: not known, since the script is one message
    std::size_t statements = 0;  ///< of how many
    std::optional<IndexBuild> index_build;
    std::vector<DatabaseSession> waiting_on;  ///< whose locks it waits for, the first few

    friend bool operator==(const RunningScript&, const RunningScript&) = default;
};

/// The Job of the last run.
struct JobReference {
    std::string name;
    Timestamp started_at;
    std::optional<Timestamp> finished_at;  ///< absent while it is under way: its result has not been read

    friend bool operator==(const JobReference&, const JobReference&) = default;
};

/// What the controller says of a Migration. All but the conditions is what the database said when it was last asked.
struct MigrationStatus {
    std::int64_t observed_generation = -1;  ///< -1: never looked at
    Conditions conditions;
    std::optional<std::string> current_version;
    /// Absent until the database has been read once.
    std::optional<std::size_t> applied_count;
    std::optional<std::size_t> pending_count;
    std::optional<std::size_t> missing_count;       ///< applied, but not in the source
    std::vector<std::string> pending;               ///< the first 20
    std::vector<HistoryEntry> history;              ///< the newest 10, newest first
    std::optional<std::string> history_table;       ///< `public.lockkeeper_history`; set once something is applied
    std::optional<std::string> source_digest;       ///< of the script set that was last seen
    std::optional<std::string> source_revision;     ///< of an image: its digest, as the node says
    std::int64_t run = 0;                           ///< number of the last run that was a Job; 0: none was
    std::optional<std::string> inputs_fingerprint;  ///< what that run ran on
    Boxed<JobReference> job;
    std::size_t failures = 0;  ///< attempts that failed since the last one that did not
    std::optional<Timestamp> next_retry_time;
    Boxed<ErrorDetails> last_error;
    std::optional<Timestamp> last_applied_time;
    std::string last_handled_request;  ///< the request that was last answered: Metadata::requested_at
    Boxed<AwaitedLock> lock;           ///< only while a run waits for it
    Boxed<RunningScript> running;      ///< only while a run is under way

    friend bool operator==(const MigrationStatus&, const MigrationStatus&) = default;
};

}  // namespace lockkeeper::api
