#include "engine/link_watch.hpp"

#include "postgres/error.hpp"

#include <thread>
#include <utility>

namespace lockkeeper::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// The first look, at which nothing can have stood still yet, and the last of a silence are 3 s after its beginning.
constexpr milliseconds every{750};
constexpr milliseconds patience = 3 * every;
constexpr milliseconds patience_without_progress_to_see{30'000};

// What one look may take, a last one that ends the session too: together below the 3 s that a session may be idle under
// the lock (session_guards), for whoever looks does not see that the session has answered meanwhile.
constexpr milliseconds time_to_connect{500};
constexpr milliseconds time_to_answer{1'000};

/// A server that is slow to let a connection in is given this, over several looks, rather than asked time and again.
constexpr milliseconds time_to_open{10'000};

/// For a last attempt at the session of a run that is told to stop, which is to end within 5 s.
constexpr milliseconds time_to_leave{1'500};
constexpr milliseconds pause{50};

postgres::Connection open(const postgres::ConnectionUrl& url, milliseconds connect_timeout,
                          const std::stop_token& stop) {
    return postgres::Connection::open(
        url, {.application_name = "lockkeeper:watch", .connect_timeout = connect_timeout, .stop = stop});
}

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
    connection_.reset();  // its place on the server may be the last one
    opening_.reset();
    const auto deadline = steady_clock::now() + time_to_leave;
    for (auto left = time_to_leave; left > pause;
         left = std::chrono::floor<milliseconds>(deadline - steady_clock::now())) {
        try {
            auto connection = open(url_, left, {});
            end_session(connection, deadline);
            return;
        } catch (const std::exception&) {
            std::this_thread::sleep_for(pause);
        }
    }
}

bool LinkWatch::is_silent(std::size_t nth) {
    if (nth == 1) last_.reset();
    try {
        auto* connection = second_connection();
        if (connection == nullptr) return false;
        auto sight = look(*connection);
        if (!sight || last_ != sight) {
            last_ = std::move(sight);
            unchanged_since_ = steady_clock::now();
            return false;
        }
        const auto limit = sight->shows_all ? patience : patience_without_progress_to_see;
        if (steady_clock::now() - unchanged_since_ + every / 2 < limit) return false;
        end_session(*connection, steady_clock::now() + time_to_answer);
        return true;
    } catch (const std::exception&) {
        connection_.reset();  // nothing was seen, and so nothing is known; again next time
        return false;
    }
}

postgres::Connection* LinkWatch::second_connection() {
    if (connection_) return &*connection_;
    if (!opening_ || opening_->taken()) {
        opening_.emplace([this](const std::stop_token& given_up) { return open(url_, time_to_open, given_up); },
                         std::stop_token());
    }
    if (!opening_->is_ready_within(time_to_connect)) return nullptr;
    return &connection_.emplace(opening_->take());
}

std::optional<LinkWatch::Sight> LinkWatch::look(postgres::Connection& connection) {
    connection.answer_until(steady_clock::now() + time_to_answer);
    const auto seen = connection.query(
        "SELECT a.pid IS NOT NULL, coalesce(a.wait_event IN ('ClientRead', 'ClientWrite'), false), "
        "coalesce(a.state = 'active', false), concat_ws(' ', a.backend_start, a.state_change, "
        "c.bytes_processed), " +
        std::string(AdvisoryLock::server_start_sql) + " FROM (SELECT " + std::to_string(watched_.backend_pid()) +
        " AS pid) AS own LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = own.pid AND a.datname = "
        "pg_catalog.current_database() AND a.usename = session_user LEFT JOIN pg_catalog.pg_stat_progress_copy c ON "
        "c.pid = a.pid");
    const bool is_there = seen.boolean(0, 0);
    const bool waits_for_us = seen.boolean(0, 1);
    // A connection that leads to another server never shows it, and proves nothing.
    const bool is_same_server = seen.text(0, 4) == server_start_;
    if (is_there ? !waits_for_us : !is_same_server) return std::nullopt;
    return Sight{std::string(seen.text(0, 3)) + " " + std::to_string(watched_.acknowledged_bytes()),
                 !is_there || seen.boolean(0, 2)};
}

void LinkWatch::end_session(postgres::Connection& connection, steady_clock::time_point deadline) {
    connection.answer_until(deadline);
    try {
        // Only if it is the one that holds the lock: the pid may be another's by now.
        connection.query("SELECT pg_catalog.pg_terminate_backend(pid) FROM (" + AdvisoryLock::holder_sql(key_) +
                         ") AS holder WHERE pid = " + std::to_string(watched_.backend_pid()));
    } catch (const postgres::CommandError& error) {
        if (error.sqlstate() != "42501") throw;  // insufficient_privilege: not ours to end, now or later
    }
}

}  // namespace lockkeeper::engine
