#include "engine/link_watch.hpp"

#include "postgres/error.hpp"

#include <utility>

namespace lockkeeper::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// The first look, at which nothing can have stood still yet, and the last of a silence are 3 s after its beginning.
constexpr milliseconds every{750};
constexpr milliseconds patience = 3 * every;
constexpr milliseconds patience_without_progress_to_see{30'000};

// Together well below the 3 s that a session may be idle under the lock (session_guards), for whoever looks does not
// see that the session has answered meanwhile.
constexpr milliseconds time_to_connect{1'200};
constexpr milliseconds time_to_answer{1'000};

bool answers(postgres::Connection& connection) {
    try {
        connection.leave_within(time_to_answer);
        connection.query("SELECT 1");
        return true;
    } catch (const postgres::CommandError&) {
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace

LinkWatch::LinkWatch(postgres::Connection& watched, postgres::ConnectionUrl url, LockKey key, std::string server_start,
                     std::stop_token stop)
    : watched_(watched),
      url_(std::move(url)),
      key_(std::move(key)),
      server_start_(std::move(server_start)),
      stop_(std::move(stop)) {
    // Older servers show neither.
    if (watched_.server_version() < 140'000) return;
    watched_.watch_link(every, [this](std::size_t nth) { return is_silent(nth); });
}

LinkWatch::~LinkWatch() {
    watched_.watch_link({}, {});
    if (!stop_.stop_requested() || answers(watched_)) return;
    // A cancelled command that a hanging proxy has kept to itself: the server would go on, and keep the lock.
    stop_ = {};
    connection_.reset();
    end_session();
}

bool LinkWatch::is_silent(std::size_t nth) {
    auto sight = look();
    if (!sight || nth == 1 || last_ != sight) {
        last_ = std::move(sight);
        unchanged_since_ = steady_clock::now();
        return false;
    }
    const auto limit = sight->shows_all ? patience : patience_without_progress_to_see;
    if (steady_clock::now() - unchanged_since_ + every / 2 < limit) return false;
    end_session();
    return true;
}

postgres::Connection& LinkWatch::second_connection() {
    if (!connection_) {
        connection_ = postgres::Connection::open(
            url_, {.application_name = "lockkeeper:watch", .connect_timeout = time_to_connect, .stop = stop_});
    }
    connection_->answer_until(steady_clock::now() + time_to_answer);
    return *connection_;
}

std::optional<LinkWatch::Sight> LinkWatch::look() {
    try {
        const auto seen = second_connection().query(
            "SELECT a.pid IS NOT NULL, coalesce(a.wait_event IN ('ClientRead', 'ClientWrite'), false), "
            "coalesce(a.state = 'active', false), concat_ws(' ', a.backend_start, a.state_change, "
            "c.bytes_processed), " +
            std::string(AdvisoryLock::server_start_sql) + " FROM (SELECT " + std::to_string(watched_.backend_pid()) +
            " AS pid) AS own LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = own.pid AND a.datname = "
            "pg_catalog.current_database() AND a.usename = session_user LEFT JOIN pg_catalog.pg_stat_progress_copy c "
            "ON "
            "c.pid = a.pid");
        const bool is_there = seen.boolean(0, 0);
        const bool waits_for_us = seen.boolean(0, 1);
        // A connection that leads to another server never shows it, and proves nothing.
        const bool is_same_server = seen.text(0, 4) == server_start_;
        if (is_there ? !waits_for_us : !is_same_server) return std::nullopt;
        return Sight{std::string(seen.text(0, 3)) + " " + std::to_string(watched_.acknowledged_bytes()),
                     !is_there || seen.boolean(0, 2)};
    } catch (const std::exception&) {
        connection_.reset();
        return std::nullopt;
    }
}

void LinkWatch::end_session() {
    try {
        // Only if it is the one that holds the lock: the pid may be another's by now.
        second_connection().query("SELECT pg_catalog.pg_terminate_backend(pid) FROM (" +
                                  AdvisoryLock::holder_sql(key_) +
                                  ") AS holder WHERE pid = " + std::to_string(watched_.backend_pid()));
    } catch (const std::exception&) {
        connection_.reset();
    }
}

}  // namespace lockkeeper::engine
