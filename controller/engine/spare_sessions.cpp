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
    "(SELECT pg_catalog.hashtextextended(coalesce(pg_catalog.string_agg(s::pg_catalog.text, ' ' ORDER BY "
    "s.setdatabase, s.setrole), ''), 0) FROM pg_catalog.pg_db_role_setting s WHERE s.setrole IN (0, (SELECT r.oid FROM "
    "pg_catalog.pg_roles r WHERE r.rolname = session_user)))";

constexpr int ends_idle_sessions = 140'000;

/// A spare has answered milliseconds ago, so one that does not is lost.
constexpr std::chrono::milliseconds patience{2'000};

std::optional<std::int64_t> read_defaults(postgres::Connection& connection,
                                          const postgres::Connection::Options& options) {
    if (connection.server_version() < ends_idle_sessions) return std::nullopt;
    std::optional<std::int64_t> defaults;
    connection.answer_until(std::chrono::steady_clock::now() + options.connect_timeout);
    try {
        defaults = connection.query(std::string("SELECT ") + defaults_sql).integer(0, 0);
    } catch (const postgres::CommandError&) {  // NOLINT(bugprone-empty-catch): this role may not see them
    }
    connection.answer_until(std::nullopt);
    return defaults;
}

/// Divides by zero where a new session would begin with other defaults.
std::string proof_of(std::int64_t defaults) {
    return std::string("SELECT 1 / (") + defaults_sql + " OPERATOR(pg_catalog.=) '" + std::to_string(defaults) +
           "')::pg_catalog.int4";
}

}  // namespace

RunSession SpareSessions::take(const postgres::ConnectionUrl& url, const postgres::Connection::Options& options) {
    auto spare = find(url);
    if (!spare) return open(url, options, end(1));
    ++spare->runs;
    spare->connection.begin_anew(options, {{renaming(options.application_name), proof_of(*spare->defaults)}, patience});
    return *std::move(spare);
}

void SpareSessions::replace(RunSession& stale, const postgres::ConnectionUrl& url,
                            const postgres::Connection::Options& options) {
    { const RunSession ended = std::move(stale); }
    end_all();  // they have waited for longer
    stale = open(url, options, true);
}

RunSession SpareSessions::open(const postgres::ConnectionUrl& url, const postgres::Connection::Options& options,
                               bool has_ended_any) {
    RunSession session{connect(url, options, has_ended_any)};
    if (is_worth_keeping_()) session.defaults = read_defaults(session.connection, options);
    return session;
}

postgres::Connection SpareSessions::connect(const postgres::ConnectionUrl& url,
                                            const postgres::Connection::Options& options, bool has_ended_any) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
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

std::optional<RunSession> SpareSessions::find(const postgres::ConnectionUrl& url) {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(spares_, url, &Spare::url);
    if (found == spares_.end()) return std::nullopt;
    auto session = std::move(found->session);
    spares_.erase(found);
    return session;
}

std::string SpareSessions::farewell(const RunSession& session) const {
    if (!session.defaults || session.runs >= most_runs || !is_worth_keeping_()) return {};
    return own_backend_check(session.connection) + "SELECT pg_catalog.pg_advisory_unlock_all();" +
           reset_session(session.connection);
}

bool SpareSessions::make_as_new(postgres::Connection& connection, const std::string& farewell) noexcept {
    if (farewell.empty()) return false;
    try {
        connection.leave_within(patience);
        connection.query(farewell);
        return connection.is_idle();
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
