#pragma once

#include "engine/clock.hpp"
#include "engine/pooler.hpp"
#include "postgres/connection.hpp"
#include "postgres/identifier.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lockkeeper::engine {

/// A key of PostgreSQL's advisory locks, which are per database.
struct LockKey {
    std::int64_t value = 0;
    /// Keys of other tools, to be held as long as ours is.
    std::vector<std::int64_t> also_hold{};

    /// The first 8 bytes, as a signed big-endian integer, of SHA-256 over `lockkeeper:<schema>.<table>`: two runners
    /// with one history always exclude each other, and two histories in one database never do.
    static LockKey of(const postgres::QualifiedName& history_table);
};

/// Who holds the lock, as pg_stat_activity shows it.
struct LockHolder {
    int pid = 0;
    std::string application;
    std::string client;                             ///< address, or empty for a local socket
    std::string state;                              ///< active, idle in transaction …
    std::optional<std::chrono::sys_seconds> since;  ///< when its session began; it took the lock then or later
    std::string statement;                          ///< statement_tag of what it runs, or ran last
};

struct LockWait {
    std::int64_t key = 0;
    std::chrono::milliseconds waited{0};
    std::optional<LockHolder> holder;
};

/// Called from time to time while a run waits for the lock.
using OnLockWait = std::function<void(const LockWait&)>;

/// The lock was not free within the time allowed. Worth another try later.
class LockNotAcquired : public std::runtime_error {
  public:
    explicit LockNotAcquired(const LockWait& wait);
};

/// The session-level advisory lock of a migration history. The session that holds it is the session that runs the
/// scripts, so a lost connection loses both at once and nobody can run unlocked.
///
/// It is never waited for inside a statement: a session blocked in pg_advisory_lock holds a snapshot, which the
/// holder's CREATE INDEX CONCURRENTLY waits for, and PostgreSQL resolves that deadlock by killing the index build.
/// Instead it is polled in autocommit, sleeping on the client.
class AdvisoryLock {
  public:
    struct Patience {
        std::chrono::milliseconds timeout{600'000};
        Clock& clock;
        std::stop_token stop;
        OnLockWait on_wait;
    };

    /// Prepares the session (session_guards) and takes the lock of each key, the smallest first, so that two runners
    /// that want the same ones never wait for each other. Throws LockNotAcquired, PoolerDetected, and what Connection
    /// throws. The connection must outlive the lock. Another session is opened only behind a pooler
    /// (refuse_shared_backend); nothing is locked or set before it is known that its backend is not shared, and the
    /// connection then knows its pid (Connection::correct_backend_pid).
    static AdvisoryLock acquire(postgres::Connection& connection, const LockKey& key, const Patience& patience,
                                const OpenSession& open_another);

    AdvisoryLock(AdvisoryLock&& other) noexcept;
    AdvisoryLock& operator=(AdvisoryLock&&) = delete;
    AdvisoryLock(const AdvisoryLock&) = delete;
    AdvisoryLock& operator=(const AdvisoryLock&) = delete;
    /// Releases every advisory lock of the session if it still lives; if it does not, the server has released them.
    ~AdvisoryLock();

    /// The session has released its advisory locks in a message of somebody else's.
    void has_been_released() noexcept { connection_ = nullptr; }

    /// SQL: true if this session holds the lock; else false, or NULL. For the statement that records a script. The lock
    /// is held twice, and only its own session can give one back and take it again, which costs a hundredth of a look
    /// into pg_locks. If a script gave back one of the two, the lock is free for the moment between these two, and
    /// whoever gets hold of it there makes the answer false.
    static std::string verify_sql(const LockKey& key);

    /// SQL, a query: the pid of the session that holds the lock, if there is one.
    static std::string holder_sql(const LockKey& key);

    /// SQL, an expression: a text that tells this server, as long as it runs, from any other.
    static constexpr std::string_view server_start_sql =
        "(extract(epoch FROM pg_catalog.pg_postmaster_start_time()))::pg_catalog.text";
    /// Of the server that the lock is in.
    const std::string& server_start() const { return server_start_; }

  private:
    AdvisoryLock(postgres::Connection& connection, std::string server_start)
        : connection_(&connection), server_start_(std::move(server_start)) {}

    postgres::Connection* connection_;
    std::string server_start_;
};

}  // namespace lockkeeper::engine
