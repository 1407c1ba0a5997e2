#pragma once

#include "engine/blockers.hpp"
#include "postgres/connection.hpp"
#include "postgres/connection_url.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace lockkeeper::engine {

/// How far PostgreSQL is with an index that a session builds (pg_stat_progress_create_index).
struct IndexBuild {
    std::string phase;
    std::optional<int> percent;  ///< of the phase, where it can be counted
};

/// What a busy session is seen to do.
struct RunObservation {
    std::vector<Blocker> blockers;  ///< the first few
    std::optional<IndexBuild> index_build;
};

/// While it lives, looks at a session whenever one of its commands takes long, over a second connection that is opened
/// when it is first needed. It looks from the thread that waits for the command, so it never takes longer than the
/// watched session may be idle afterwards. A look that fails, since the server has no connection to spare for instance,
/// sees nothing and is not told.
class RunObserver {
  public:
    RunObserver(postgres::Connection& watched, postgres::ConnectionUrl url, std::chrono::milliseconds every,
                std::function<void(const RunObservation&)> on_look);
    ~RunObserver();
    RunObserver(const RunObserver&) = delete;
    RunObserver& operator=(const RunObserver&) = delete;

    /// Whom the session waited for when it was last looked at.
    const std::vector<Blocker>& blockers() const { return last_.blockers; }

  private:
    void look();
    RunObservation observe();

    postgres::Connection& watched_;
    postgres::ConnectionUrl url_;
    std::function<void(const RunObservation&)> on_look_;
    std::optional<postgres::Connection> connection_;
    RunObservation last_;
};

}  // namespace lockkeeper::engine
