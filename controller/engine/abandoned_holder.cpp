#include "engine/abandoned_holder.hpp"

#include "postgres/error.hpp"
#include "postgres/identifier.hpp"

#include <utility>

namespace lockkeeper::engine {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds every{5'000};
constexpr milliseconds patience{30'000};
constexpr int shows_progress_of_copy = 140'000;

/// The holder, with what changes when a row or a statement arrives, if it waits for that without counting as idle. A
/// user that is not its own sees nothing of it, and may not end it.
std::string holder_that_reads(const LockKey& key) {
    const std::string conditions =
        "a.state = 'active' AND a.wait_event = 'ClientRead' AND a.usename = session_user "
        "AND a.application_name LIKE 'lockkeeper:%'";
    return "SELECT a.pid, concat_ws(' ', a.pid, a.backend_start, a.state_change, c.bytes_processed) AS sight FROM (" +
           AdvisoryLock::holder_sql(key) +
           ") AS l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid "
           "LEFT JOIN pg_catalog.pg_stat_progress_copy c ON c.pid = a.pid WHERE " +
           conditions;
}

}  // namespace

AbandonedHolder::AbandonedHolder(postgres::Connection& connection, LockKey key, Clock& clock)
    : connection_(connection), key_(std::move(key)), clock_(clock), look_at_(clock.now() + every) {}

void AbandonedHolder::look() {
    const auto now = clock_.now();
    if (now < look_at_ || connection_.server_version() < shows_progress_of_copy) return;
    look_at_ = now + every;
    try {
        auto seen = find();
        if (seen.empty() || seen != last_) {
            last_ = std::move(seen);
            unchanged_since_ = now;
        } else if (now - unchanged_since_ >= patience) {
            end();
        }
    } catch (const postgres::CommandError&) {  // NOLINT(bugprone-empty-catch): what may not be seen is left alone
    }
}

std::string AbandonedHolder::find() {
    const auto rows = connection_.query(holder_that_reads(key_));
    return rows.rows() == 0 ? std::string() : std::string(rows.text(0, 1));
}

void AbandonedHolder::end() {
    // Only if nothing has changed up to this moment: the pid may be another's by now.
    connection_.query("SELECT pg_catalog.pg_terminate_backend(pid) FROM (" + holder_that_reads(key_) +
                      ") AS holder WHERE sight = " + postgres::quote_literal(last_));
}

}  // namespace lockkeeper::engine
