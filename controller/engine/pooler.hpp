#pragma once

#include "postgres/connection.hpp"

#include <functional>
#include <stdexcept>
#include <stop_token>
#include <string>

namespace lockkeeper::engine {

/// A connection pooler lends the session's backend to others between two statements: in transaction mode it would
/// strand a session's lock.
class PoolerDetected : public std::runtime_error {
  public:
    PoolerDetected();
};

/// Opens one more session with the same server through the same URL, to be interrupted by the given token.
using OpenSession = std::function<postgres::Connection(const std::stop_token& stop)>;

/// SQL, the beginning of a message that is to do nothing in a backend that is not the one that the session was told of:
/// it fails there with 22012 (division_by_zero).
std::string own_backend_check(const postgres::Connection& session);

/// Behind a pooler pg_backend_pid() is not what the session was told when it began, in whatever mode the pooler is.
/// This tells the modes apart: throws PoolerDetected unless the session, which must be outside of a transaction, has
/// its backend to itself.
///
/// In session mode the backend stays the same, and a second session never gets it: so a refusal is never wrong. In
/// transaction mode a second session gets the backend that this one has just given back, unless others come in between;
/// hence several rounds, and the statement that records a script, which asks for the lock again, behind them. A second
/// session that is kept waiting for a backend while this one is served proves session mode.
///
/// Returns the backend's pid. Throws what Connection throws, also for the second session.
int refuse_shared_backend(postgres::Connection& session, const OpenSession& open_another);

}  // namespace lockkeeper::engine
