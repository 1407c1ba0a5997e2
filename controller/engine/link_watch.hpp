#pragma once

#include "engine/advisory_lock.hpp"
#include "engine/session_ahead.hpp"
#include "postgres/connection.hpp"
#include "postgres/connection_url.hpp"

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

namespace lockkeeper::engine {

/// While it lives, finds out whether the link to the session that holds the lock has fallen silent without being
/// closed: a firewall that forgot the connection, a proxy that hangs. Then the call that waits on the session throws
/// ConnectionLost, and the session is ended, so that its lock does not stay behind.
///
/// Once a command has taken a moment, the server is asked over a second connection, time and again, what it does. One
/// that works, or waits for a lock or its disk, may take as long as it likes. One that waits for us while we wait for
/// it is cut off after 3 s in which neither it has got any rows of a COPY or statements of a flight nor the next hop
/// any bytes; after 30 s where it reads a large script, for it does not show how much it has got of that, and counts as
/// idle meanwhile. So a slow link is none that is silent.
/// The server's own guards (session_guards) do not see a session that reads rows, or a flight, as idle, and TCP does
/// not see a proxy that hangs. A session that is left since the run is told to stop, and has not answered the cancel
/// request, is ended likewise. While no second connection can be had, only TCP's keepalives watch.
class LinkWatch {
  public:
    /// The connection is that of the holder of the lock, whose pid is known (Connection::backend_pid), and the server
    /// is the lock's (AdvisoryLock::server_start).
    LinkWatch(postgres::Connection& watched, postgres::ConnectionUrl url, LockKey key, std::string server_start,
              std::stop_token stop);
    ~LinkWatch();
    LinkWatch(const LinkWatch&) = delete;
    LinkWatch& operator=(const LinkWatch&) = delete;

  private:
    /// What the server shows of a session that waits for us. None: it works.
    struct Sight {
        std::string progress;  ///< changes with all that the session gets
        bool shows_all = true;
        friend bool operator==(const Sight&, const Sight&) = default;
    };

    bool is_silent(std::size_t nth);
    std::optional<Sight> look(postgres::Connection& connection);
    /// Throws where the server does not say that it has done so.
    void end_session(postgres::Connection& connection, std::chrono::steady_clock::time_point deadline);
    /// Null while it is being opened, on a thread of its own.
    postgres::Connection* second_connection();

    postgres::Connection& watched_;
    postgres::ConnectionUrl url_;
    LockKey key_;
    std::string server_start_;
    std::stop_token stop_;
    std::optional<SessionAhead> opening_;
    std::optional<postgres::Connection> connection_;
    std::optional<Sight> last_;
    std::chrono::steady_clock::time_point unchanged_since_;
};

}  // namespace lockkeeper::engine
