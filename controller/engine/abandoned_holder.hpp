#pragma once

#include "engine/advisory_lock.hpp"
#include "engine/clock.hpp"
#include "postgres/connection.hpp"

#include <chrono>
#include <string>

namespace lockkeeper::engine {

/// For a runner that waits for the lock: finds out whether the runner that holds it is gone, and left a session behind
/// that the server does not give up: one that reads the rows of a COPY, or scripts in flight, behind a proxy that keeps
/// its connection open.
///
/// A runner that lives gives such a link up itself after 3 s (LinkWatch), and if its machine or network is lost, TCP
/// does after 25 s (session_guards). Where nothing has arrived for longer than both, the session is ended. One that is
/// not Lockkeeper's, by its application_name and its user, never is, nor one that works, or is slow but moves.
class AbandonedHolder {
  public:
    /// The connection is that of the runner that waits.
    AbandonedHolder(postgres::Connection& connection, LockKey key, Clock& clock);

    /// To be called often while the lock is not free. Looks from time to time.
    void look();

  private:
    std::string find();
    void end();

    postgres::Connection& connection_;
    LockKey key_;
    Clock& clock_;
    std::chrono::steady_clock::time_point look_at_;
    std::string last_;  ///< what was seen of it, or nothing where it is not to be judged
    std::chrono::steady_clock::time_point unchanged_since_;
};

}  // namespace lockkeeper::engine
