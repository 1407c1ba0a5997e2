#pragma once

#include "postgres/connection.hpp"
#include "postgres/connection_url.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lockkeeper::engine {

/// A session that another one waits for. What it runs is not said: its query may hold values.
struct Blocker {
    int pid = 0;
    std::string application;  ///< its application_name, or empty
    std::string state;        ///< `idle in transaction`, `active` …; empty where this role may not see it
    std::optional<std::chrono::seconds> transaction_age;
};

/// `pid 4711 (psql, idle in transaction for 12 s) and pid 4712`.
std::string describe(const std::vector<Blocker>& blockers);

/// While it lives, looks whom a session waits for whenever one of its commands takes long, over a second connection
/// that is opened when it is first needed. A look that fails, since the server has no connection to spare for instance,
/// sees nobody.
class BlockerWatch {
  public:
    BlockerWatch(postgres::Connection& watched, postgres::ConnectionUrl url, std::chrono::milliseconds every,
                 std::function<void(const std::vector<Blocker>&)> on_blocked);
    ~BlockerWatch();
    BlockerWatch(const BlockerWatch&) = delete;
    BlockerWatch& operator=(const BlockerWatch&) = delete;

    /// What the last look saw.
    const std::vector<Blocker>& last() const { return last_; }

  private:
    void look();
    std::vector<Blocker> blockers();

    postgres::Connection& watched_;
    postgres::ConnectionUrl url_;
    std::function<void(const std::vector<Blocker>&)> on_blocked_;
    std::optional<postgres::Connection> connection_;
    std::vector<Blocker> last_;
};

}  // namespace lockkeeper::engine
