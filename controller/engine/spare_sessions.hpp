#pragma once

#include "postgres/connection.hpp"
#include "postgres/connection_url.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>

namespace lockkeeper::engine {

/// A session for one run, and what has to be known of it before another run may have it.
struct RunSession {
    postgres::Connection connection;
    std::optional<std::int64_t> defaults{};  ///< a hash of what the server gave it to begin with; unset: not asked
    std::size_t runs = 1;                    ///< that have had it, the one that has it now included
};

/// Sessions that a run is done with, for the next one with the same connection string: a thousand Migrations of one
/// database server need a few sessions then, not a thousand, each of which is a process to start and to end.
///
/// A spare is kept only while work waits that may want it, so for milliseconds, and ended where a run needs a session
/// that is not there: spares add none to the sessions that runs have at most at a time. One that is idle for longer
/// than 3 s is ended by the server (session_guards). It holds no lock, and all is reset that a run may have left in it.
/// A session is not kept after a run that failed, nor where what the server gives to new ones (ALTER ROLE … SET, ALTER
/// DATABASE … SET) has changed since it began. Who is given one has shown the same credentials as the one before. What
/// outlives a reset is what a server-side language keeps for a session, and a parameter of an extension or of the
/// user's own: it is empty then, not unset. Safe from any thread.
class SpareSessions {
  public:
    /// For a caller who knows whether work waits.
    explicit SpareSessions(std::function<bool()> is_worth_keeping) : is_worth_keeping_(std::move(is_worth_keeping)) {}

    /// A spare that still answers, or a new one. Throws as Connection::open does.
    RunSession take(const postgres::ConnectionUrl& url, const postgres::Connection::Options& options);

    /// Only after a run that has done all that it should, and holds no lock any more.
    void give_back(const postgres::ConnectionUrl& url, RunSession session) noexcept;

    /// Ends all spares. To be called when nothing waits any more.
    void close() noexcept;

  private:
    struct Spare {
        postgres::ConnectionUrl url;
        RunSession session;
    };

    std::optional<RunSession> find(const postgres::ConnectionUrl& url);
    void end_oldest();

    const std::function<bool()> is_worth_keeping_;
    std::mutex mutex_;
    std::list<Spare> spares_;  ///< the oldest first
};

}  // namespace lockkeeper::engine
