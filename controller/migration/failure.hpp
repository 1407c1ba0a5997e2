#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lockkeeper::migration {

/// Why a run did not reach its goal. The names are the reasons that users read in conditions.
enum class FailureKind {
    // Retried: nobody has to act.
    WaitingForLock,       ///< another runner held the advisory lock for the whole of acquireTimeout
    WaitingForTableLock,  ///< 55P03: a script waited longer than lockTimeout for a table
    DatabaseUnreachable,  ///< refused, timed out, lost on the way, starting up, out of connections or disk
    TransactionConflict,  ///< 40001, 40P01
    Interrupted,          ///< the run was asked to stop
    // Retried slowly: normal while a cluster comes up, rotates a password or fails over.
    AccessDenied,      ///< 28P01, 28000
    TlsFailed,         ///< server or client does not trust the other one's certificate
    DatabaseNotFound,  ///< 3D000
    DatabaseReadOnly,  ///< 25006
    SettingRefused,    ///< the server does not know the role or a parameter of the session, or does not grant it
    // Permanent: a person acts, by changing an input.
    InvalidSetting,     ///< a setting of the session that the engine keeps for itself
    InvalidConnection,  ///< the connection string cannot be read, or names what it may not
    InvalidSource,
    ChecksumMismatch,
    OutOfOrder,
    MissingScripts,  ///< an applied script is not in the source, and the policy says to fail
    RollbackForbidden,
    MissingDownScript,
    ScriptFailed,
    StatementInDoubt,  ///< a script without a transaction stopped in its middle, and only a person can say how to go on
    LockLost,          ///< the script released the advisory lock that guards it
    PoolerDetected,
    HistoryMoved,     ///< the history table's name changed to a table that is empty
    HistoryUnusable,  ///< the history table exists but cannot be read or written, or has another shape
    AdoptionRefused,  ///< what another tool's history says cannot be taken over as it is
};

enum class Retry { Soon, Slowly, Never };

Retry retry_of(FailureKind kind);
std::string_view to_string(FailureKind kind);
/// Reads exactly what to_string writes; nothing for any other text, such as a name of a newer version's.
std::optional<FailureKind> parse_failure_kind(std::string_view name);

/// By SQLSTATE, what a failed script is: WaitingForTableLock, TransactionConflict, DatabaseUnreachable, AccessDenied,
/// DatabaseNotFound, DatabaseReadOnly, or ScriptFailed for everything that would fail again.
/// Source: PostgreSQL, Appendix A, "PostgreSQL Error Codes".
FailureKind classify_sqlstate(std::string_view sqlstate);

/// One failure, ready to be shown to a person. `message` is one line and holds no connection string, no password and no
/// value of a row; `excerpt` is the offending line of the script, for the command line only.
struct Failure {
    FailureKind kind = FailureKind::ScriptFailed;
    std::string message;
    std::string sqlstate;  ///< five characters, or empty
    std::string hint;      ///< PostgreSQL's hint, or empty
    std::string version;
    std::string file;
    std::size_t line = 0;       ///< 1-based; 0: unknown
    std::size_t column = 0;     ///< 1-based, in characters
    std::size_t statement = 0;  ///< 1-based number of the statement in its script
    std::string excerpt;
};

}  // namespace lockkeeper::migration
