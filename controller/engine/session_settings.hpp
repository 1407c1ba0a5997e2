#pragma once

#include <chrono>
#include <string>

namespace lockkeeper::engine {

/// PostgreSQL's own settings for the transactions that run scripts. Zero is PostgreSQL's word for no limit.
struct SessionSettings {
    /// So that a waiting ALTER TABLE does not queue the whole application behind it.
    std::chrono::milliseconds lock_timeout{5'000};
    std::chrono::milliseconds statement_timeout{0};
};

/// SET statements for a session that can be trusted with a lock: the server notices within seconds that its client is
/// gone, no time-out of a role or database ends it between scripts, and text is read as our lexer reads it. By SET,
/// since poolers refuse them as start-up options. `server_version` as in Connection::server_version().
std::string session_guards(int server_version);

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
