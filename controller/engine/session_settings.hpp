#pragma once

#include "postgres/connection.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace lockkeeper::engine {

/// PostgreSQL's own settings for scripts, not for the history, which is always written as the role that logged in. Zero
/// is PostgreSQL's word for no limit.
struct SessionSettings {
    /// So that a waiting ALTER TABLE does not queue the whole application behind it.
    std::chrono::milliseconds lock_timeout{5'000};
    std::chrono::milliseconds statement_timeout{0};
    std::optional<std::string> role{};                ///< SET ROLE, so that what a script makes belongs to it
    std::vector<std::string> search_path{};           ///< schemas; empty: as the role or the database has it
    std::map<std::string, std::string> parameters{};  ///< any other that check_settings lets through

    /// Is there anything that the server might refuse?
    bool are_chosen() const { return role || !search_path.empty() || !parameters.empty(); }
};

/// A setting that may not be chosen, since the engine counts on it or has an option of its own for it. The message says
/// what to write instead.
class InvalidSetting : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Throws InvalidSetting. Whether a parameter exists is for the server to say.
void check_settings(const SessionSettings& settings);

/// SET statements for a session that can be trusted with a lock: the server notices within seconds that its client is
/// gone, no time-out of a role or database cuts a script, and text is read as our lexer reads it. A client that falls
/// silent without closing its connection is noticed too: a session that holds the lock is never idle for longer than
/// the engine needs between two messages, so the server ends one that is, after 3 s. By SET, since poolers refuse them
/// as start-up options.
std::string session_guards(const postgres::Connection& connection);

/// The SET statement, without a semicolon, that tells the server what a session is called now
/// (Connection::begin_anew). Among the guards of one that is renamed.
std::string renaming(const std::string& name);

/// From this size on a script is sent to an unhurried_session.
constexpr std::size_t large_script_bytes = std::size_t{1} << 20U;

/// Before a message that may take longer to arrive than a session may be idle: to the server, a session is idle until
/// it has read the whole of the next message. For an hour, so that a session that was left behind in the middle of one
/// is not there for ever. Holds until the next reset_session.
std::string unhurried_session(const postgres::Connection& connection);

/// All that DISCARD ALL does except releasing advisory locks, then the guards again. Allowed inside a transaction.
std::string reset_session(const postgres::Connection& connection);
std::vector<std::string> reset_statements(const postgres::Connection& connection);

/// The server does not know the role or a parameter, or does not let this role have it.
class SettingRefused : public std::runtime_error {
  public:
    SettingRefused(const std::string& message, std::string sqlstate)
        : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}
    const std::string& sqlstate() const { return sqlstate_; }

  private:
    std::string sqlstate_;
};

/// Tries the settings, so that what the server refuses is found before the first script runs. Throws SettingRefused.
void try_settings(postgres::Connection& connection, const SessionSettings& settings);

enum class SettingScope { Transaction, Session };

/// SET LOCAL statements for one script's transaction, or SET statements for the session of a script that is none; for a
/// session that has its guards.
std::vector<std::string> setting_statements(const SessionSettings& settings, SettingScope scope);

/// Statements as one message, or as the beginning of one: a semicolon behind each.
std::string joined(const std::vector<std::string>& statements);

/// `lockkeeper:<namespace>/<name>`, what pg_stat_activity shows of us; beyond PostgreSQL's 63 bytes it is shortened and
/// ends in a hash of the whole, so that two long names stay apart.
std::string application_name(const std::string& subject);

}  // namespace lockkeeper::engine
