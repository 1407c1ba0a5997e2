#include "engine/spare_sessions.hpp"

#include "engine/session_settings.hpp"

#include <algorithm>
#include <chrono>
#include <string>
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

std::optional<std::int64_t> read_defaults(postgres::Connection& connection) {
    try {
        return connection.query(defaults_sql).integer(0, 0);
    } catch (const postgres::CommandError&) {
        return std::nullopt;  // this role may not see them
    }
}

bool answers(postgres::Connection& connection, const postgres::Connection::Options& options) {
    try {
        connection.begin_anew(options);
        connection.answer_until(std::chrono::steady_clock::now() + options.connect_timeout);
        connection.query(renaming(connection));
        connection.answer_until(std::nullopt);
        return true;
    } catch (const postgres::Interrupted&) {
        throw;
    } catch (const postgres::Error&) {
        return false;
    }
}

bool is_as_new(RunSession& session) {
    auto& connection = session.connection;
    connection.leave_within(std::chrono::seconds(2));
    return connection.query(reset_session(connection) + defaults_sql).integer(0, 0) == session.defaults &&
           connection.is_idle();
}

}  // namespace

RunSession SpareSessions::take(const postgres::ConnectionUrl& url, const postgres::Connection::Options& options) {
    while (auto spare = find(url)) {
        if (!answers(spare->connection, options)) continue;
        ++spare->runs;
        return *std::move(spare);
    }
    end_oldest();
    RunSession session{postgres::Connection::open(url, options)};
    if (is_worth_keeping_()) session.defaults = read_defaults(session.connection);
    return session;
}

std::optional<RunSession> SpareSessions::find(const postgres::ConnectionUrl& url) {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(spares_, url, &Spare::url);
    if (found == spares_.end()) return std::nullopt;
    auto session = std::move(found->session);
    spares_.erase(found);
    return session;
}

void SpareSessions::give_back(const postgres::ConnectionUrl& url, RunSession session) noexcept {
    try {
        if (!session.defaults || session.runs >= most_runs || !is_worth_keeping_() || !is_as_new(session)) return;
        const std::lock_guard lock(mutex_);
        spares_.push_back({url, std::move(session)});
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): it is ended, and the next run opens another
    }
}

void SpareSessions::end_oldest() {
    std::list<Spare> oldest;  // ended outside the mutex
    const std::lock_guard lock(mutex_);
    if (!spares_.empty()) oldest.splice(oldest.end(), spares_, spares_.begin());
}

void SpareSessions::close() noexcept {
    std::list<Spare> all;
    const std::lock_guard lock(mutex_);
    all.swap(spares_);
}

}  // namespace lockkeeper::engine
