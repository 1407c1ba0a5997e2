#pragma once

#include "postgres/connection.hpp"
#include "postgres/connection_url.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <mutex>
#include <optional>
#include <string>

namespace lockkeeper::engine {

/// A session for one run, and what has to be known of it before another run may have it.
struct RunSession {
    postgres::Connection connection;
    /// A hash of what the server gave it to begin with. Unset: it is for no other run.
    std::optional<std::int64_t> defaults{};
    std::size_t runs = 1;  ///< that have had it, the one that has it now included
};

/// Sessions that a run is done with, for the next one with the same connection string: a thousand Migrations of one
/// database server need a few sessions then, not a thousand, each of which is a process to start and to end.
///
/// A spare is kept only while work waits that may want it, so for milliseconds, and ended where a run needs a session
/// that is not there: spares add none to the sessions that runs have at most at a time. One that is idle for longer
/// than 3 s is ended by the server (session_guards); so none is kept of servers before PostgreSQL 14, which cannot. It
/// holds no lock, its backend is its own, and it is reset. A session is kept only after a run that succeeded, of
/// scripts that leave it alone (leaves_session_alone), for there is more than a reset reaches: connections of dblink,
/// parameters of the user's own, an origin of replication. It is stale (StaleSession) where what the server gives to
/// new ones (ALTER ROLE … SET, ALTER DATABASE … SET) has changed since it began. Who is given one has shown the same
/// credentials as the one before. Safe from any thread.
class SpareSessions {
  public:
    /// For a caller who knows whether work waits.
    explicit SpareSessions(std::function<bool()> is_worth_keeping) : is_worth_keeping_(std::move(is_worth_keeping)) {}

    /// A spare, of which the first query shows whether it is as good as new (StaleSession), or a new one. Throws as
    /// Connection::open does.
    RunSession take(const postgres::ConnectionUrl& url, const postgres::Connection::Options& options);

    /// Puts a new session in the place of one that was stale.
    void replace(RunSession& stale, const postgres::ConnectionUrl& url, const postgres::Connection::Options& options);

    /// SQL that makes the session as good as new, which releases its locks too: for the last message of a run that has
    /// done all that it should. Empty: it is not worth it, and nobody else may have the session. The server refuses it
    /// behind a pooler that has given the session somebody else's backend.
    std::string farewell(const RunSession& session) const;
    /// Says such a farewell in a message of its own. False: nobody else may have the session.
    static bool make_as_new(postgres::Connection& connection, const std::string& farewell) noexcept;

    /// One that is as good as new.
    void give_back(const postgres::ConnectionUrl& url, RunSession session) noexcept;

    /// Ends all spares. To be called when nothing waits any more.
    void close() noexcept { end_all(); }

  private:
    struct Spare {
        postgres::ConnectionUrl url;
        RunSession session;
    };

    std::optional<RunSession> find(const postgres::ConnectionUrl& url);
    /// The oldest ones, so many at most. False: there was none.
    bool end(std::size_t count) noexcept;
    bool end_all() noexcept { return end(std::numeric_limits<std::size_t>::max()); }
    /// `has_ended_any`: spares have been ended for it just now.
    RunSession open(const postgres::ConnectionUrl& url, const postgres::Connection::Options& options,
                    bool has_ended_any);
    postgres::Connection connect(const postgres::ConnectionUrl& url, const postgres::Connection::Options& options,
                                 bool has_ended_any);

    const std::function<bool()> is_worth_keeping_;
    std::mutex mutex_;
    std::list<Spare> spares_;  ///< the newest first
};

}  // namespace lockkeeper::engine
