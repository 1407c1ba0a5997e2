#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace lockkeeper::engine {

/// PostgreSQL's own settings for the transactions that run scripts. Zero is PostgreSQL's word for no limit.
struct SessionSettings {
    /// So that a waiting ALTER TABLE does not queue the whole application behind it.
    std::chrono::milliseconds lock_timeout{5'000};
    std::chrono::milliseconds statement_timeout{0};
};

/// SET statements for a session that can be trusted with a lock: the server notices within seconds that its client is
/// gone, no time-out of a role or database cuts a script, and text is read as our lexer reads it. A client that falls
/// silent without closing its connection is noticed too: a session that holds the lock is never idle for longer than
/// the engine needs between two messages, so the server ends one that is, after 3 s. By SET, since poolers refuse them
/// as start-up options. `server_version` as in Connection::server_version().
std::string session_guards(int server_version);

/// From this size on a script is sent to an unhurried_session.
constexpr std::size_t large_script_bytes = std::size_t{1} << 20U;

/// Before a message that may take longer to arrive than a session may be idle: to the server, a session is idle until
/// it has read the whole of the next message. Holds until the next reset_session.
std::string unhurried_session(int server_version);

/// All that DISCARD ALL does except releasing advisory locks, then the guards again. Allowed inside a transaction.
std::string reset_session(int server_version);

/// SET LOCAL statements for one script's transaction.
std::string transaction_settings(const SessionSettings& settings);

/// The same for the session, for a script that is no transaction.
std::string session_timeouts(const SessionSettings& settings);

/// `lockkeeper:<namespace>/<name>`, what pg_stat_activity shows of us; beyond PostgreSQL's 63 bytes it is shortened and
/// ends in a hash of the whole, so that two long names stay apart.
std::string application_name(const std::string& subject);

}  // namespace lockkeeper::engine
