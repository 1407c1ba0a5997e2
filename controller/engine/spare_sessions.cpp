#include "engine/spare_sessions.hpp"

#include "engine/pooler.hpp"
#include "engine/session_settings.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <thread>
#include <utility>

namespace lockkeeper::engine {
namespace {

/// Then its caches have grown enough.
constexpr std::size_t most_runs = 100;

/// What a new session of this role would find set, in any database, as a number.
constexpr auto defaults_sql =
    "SELECT pg_catalog.hashtextextended(coalesce(pg_catalog.string_agg(s::pg_catalog.text, ' ' ORDER BY "
    "s.setdatabase, s.setrole), ''), 0) FROM pg_catalog.pg_db_role_setting s WHERE s.setrole IN (0, (SELECT r.oid FROM "
    "pg_catalog.pg_roles r WHERE r.rolname = session_user))";

constexpr int ends_idle_sessions = 140'000;

/// A spare has answered milliseconds ago, so one that does not is lost.
constexpr std::chrono::milliseconds patience{2'000};

std::optional<std::int64_t> read_defaults(postgres::Connection& connection,
                                          const postgres::Connection::Options& options) {
    if (connection.server_version() < ends_idle_sessions) return std::nullopt;
    std::optional<std::int64_t> defaults;
    connection.answer_until(std::chrono::steady_clock::now() + options.connect_timeout);
    try {
        defaults = connection.query(defaults_sql).integer(0, 0);
    } catch (const postgres::CommandError&) {  // NOLINT(bugprone-empty-catch): this role may not see them
    }
    connection.answer_until(std::nullopt);
    return defaults;
}

/// In one message, which does nothing behind a pooler that has given it somebody else's backend.
void clean(postgres::Connection& connection) {
    connection.leave_within(patience);
    connection.query(own_backend_check(connection) + "SELECT pg_catalog.pg_advisory_unlock_all();" +
                     reset_session(connection));
}

}  // namespace

RunSession SpareSessions::take(const postgres::ConnectionUrl& url, const postgres::Connection::Options& options) {
    while (auto spare = find(url)) {
        if (!is_as_new(*spare, options)) continue;
        ++spare->runs;
        return *std::move(spare);
    }
    RunSession session{open(url, options)};
    if (is_worth_keeping_()) session.defaults = read_defaults(session.connection, options);
    return session;
}

postgres::Connection SpareSessions::open(const postgres::ConnectionUrl& url,
                                         const postgres::Connection::Options& options) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    bool has_ended_any = end(1);
    while (true) {
        try {
            return postgres::Connection::open(url, options);
        } catch (const postgres::ConnectError& error) {
            if (error.sqlstate() != "53300") throw;  // too_many_connections: of spares perhaps
            has_ended_any = end_all() || has_ended_any;
            if (!has_ended_any || std::chrono::steady_clock::now() > deadline) throw;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the server takes a moment to end them
    }
}

bool SpareSessions::is_as_new(RunSession& session, const postgres::Connection::Options& options) {
    auto& connection = session.connection;
    try {
        connection.begin_anew(options);
        connection.answer_until(std::chrono::steady_clock::now() + patience);
        const auto defaults = connection.query(renaming(connection) + ";" + defaults_sql).integer(0, 0);
        connection.answer_until(std::nullopt);
        return defaults == session.defaults;
    } catch (const postgres::Interrupted&) {
        throw;
    } catch (const postgres::Error&) {
        end_all();  // the others have waited for longer
        return false;
    }
}

std::optional<RunSession> SpareSessions::find(const postgres::ConnectionUrl& url) {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(spares_, url, &Spare::url);
    if (found == spares_.end()) return std::nullopt;
    auto session = std::move(found->session);
    spares_.erase(found);
    return session;
}

bool SpareSessions::make_as_new(RunSession& session) noexcept {
    try {
        if (!session.defaults || session.runs >= most_runs || !is_worth_keeping_()) return false;
        clean(session.connection);
        return session.connection.is_idle();
    } catch (const std::exception&) {  // it is ended, and the next run opens another
        return false;
    }
}

void SpareSessions::give_back(const postgres::ConnectionUrl& url, RunSession session) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        spares_.push_front({url, std::move(session)});
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): it is ended
    }
}

bool SpareSessions::end(std::size_t count) noexcept {
    std::list<Spare> ended;  // outside the mutex
    const std::lock_guard lock(mutex_);
    while (!spares_.empty() && ended.size() < count) ended.splice(ended.end(), spares_, std::prev(spares_.end()));
    return !ended.empty();
}

}  // namespace lockkeeper::engine
