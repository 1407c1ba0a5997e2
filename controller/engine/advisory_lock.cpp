#include "engine/advisory_lock.hpp"

#include "engine/abandoned_holder.hpp"
#include "engine/session_settings.hpp"
#include "engine/statement_tag.hpp"
#include "migration/checksum.hpp"
#include "postgres/error.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace lockkeeper::engine {
namespace {

using std::chrono::milliseconds;

/// 20 ms, times 1.5, at most 500 ms; each pause is between a half and the whole of that, so that waiters spread out.
class Pauses {
  public:
    milliseconds next() {
        const auto pause =
            std::uniform_int_distribution<milliseconds::rep>(longest_.count() / 2, longest_.count())(random_);
        longest_ = std::min(longest_ * 3 / 2, milliseconds(500));
        return milliseconds(pause);
    }

  private:
    milliseconds longest_{20};
    std::minstd_rand random_{std::random_device{}()};
};

/// pg_locks shows a 64-bit key in two halves.
std::string lock_condition(std::int64_t key) {
    const auto bits = static_cast<std::uint64_t>(key);
    return "locktype='advisory' AND granted AND objsubid=1 AND classid=" + std::to_string(bits >> 32U) +
           " AND objid=" + std::to_string(bits & 0xFFFFFFFFU) +
           " AND database=(SELECT oid FROM pg_catalog.pg_database WHERE datname=pg_catalog.current_database())";
}

/// Taken twice by whom gets it, so that verify_sql can give one back without letting it go. Says also when the server
/// was started.
std::string try_sql(std::int64_t key) {
    const auto attempt = "pg_catalog.pg_try_advisory_lock(" + std::to_string(key) + ")";
    return "SELECT CASE WHEN " + attempt + " THEN " + attempt + " ELSE false END, " +
           std::string(AdvisoryLock::server_start_sql);
}

/// The session's guards and the first attempt in one message, with the check for a pooler in front of it: if the
/// backend is not the one that the session was told of, the message fails before it has set or locked anything.
postgres::Result prepare_and_try(postgres::Connection& connection, std::int64_t key, const OpenSession& open_another) {
    const auto prepare = session_guards(connection) + try_sql(key);
    try {
        return connection.query(own_backend_check(connection) + prepare);
    } catch (const postgres::CommandError& error) {
        if (error.sqlstate() != "22012") throw;  // division_by_zero
    }
    connection.correct_backend_pid(refuse_shared_backend(connection, open_another));
    return connection.query(prepare);
}

std::optional<LockHolder> find_holder(postgres::Connection& connection, std::int64_t key) {
    const auto rows = connection.query(
        "SELECT a.pid, a.application_name, coalesce(host(a.client_addr), ''), coalesce(a.state, ''), extract(epoch "
        "FROM "
        "a.backend_start)::pg_catalog.int8, coalesce(pg_catalog.left(a.query, 200), '') FROM "
        "pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE " +
        lock_condition(key) + " LIMIT 1");
    if (rows.rows() == 0) return std::nullopt;
    LockHolder holder{static_cast<int>(rows.integer(0, 0)),
                      std::string(rows.text(0, 1)),
                      std::string(rows.text(0, 2)),
                      std::string(rows.text(0, 3)),
                      std::nullopt,
                      statement_tag(rows.text(0, 5))};
    if (!rows.is_null(0, 4)) holder.since = std::chrono::sys_seconds(std::chrono::seconds(rows.integer(0, 4)));
    return holder;
}

std::string describe(const LockWait& wait) {
    auto text = "the advisory lock " + std::to_string(wait.key) + " was not free within " +
                std::to_string(wait.waited.count() / 1000) + " s";
    if (wait.holder) {
        text += "; it is held by pid " + std::to_string(wait.holder->pid);
        if (!wait.holder->application.empty()) text += " (" + wait.holder->application + ")";
        if (!wait.holder->client.empty()) text += " from " + wait.holder->client;
    }
    return text;
}

}  // namespace

LockKey LockKey::of(const postgres::QualifiedName& history_table) {
    const auto checksum = migration::checksum_of("lockkeeper:" + history_table.text());
    const auto digits = checksum.substr(checksum.find(':') + 1, 16);
    return {static_cast<std::int64_t>(std::stoull(digits, nullptr, 16))};
}

LockNotAcquired::LockNotAcquired(const LockWait& wait) : std::runtime_error(describe(wait)) {}

namespace {

std::vector<std::int64_t> all_of(const LockKey& key) {
    auto values = key.also_hold;
    values.push_back(key.value);
    std::ranges::sort(values);
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
}

/// Polls for the keys that a run has not got yet. One patience and one report rhythm for all of them.
class Waiter {
  public:
    Waiter(postgres::Connection& connection, const AdvisoryLock::Patience& patience)
        : connection_(connection), patience_(patience) {}

    void wait_for(std::int64_t key) {
        Pauses pauses;
        AbandonedHolder holder(connection_, {key}, patience_.clock);
        do {
            const auto now = patience_.clock.now();
            const auto waited = std::chrono::duration_cast<milliseconds>(now - begin_);
            if (waited >= patience_.timeout) throw LockNotAcquired({key, waited, find_holder(connection_, key)});
            if (patience_.on_wait && now >= report_at_) {
                patience_.on_wait({key, waited, find_holder(connection_, key)});
                report_at_ = now + std::chrono::seconds(2);
            }
            holder.look();
            patience_.clock.sleep(std::min(pauses.next(), patience_.timeout - waited), patience_.stop);
        } while (!connection_.query(try_sql(key)).boolean(0, 0));
    }

  private:
    postgres::Connection& connection_;
    const AdvisoryLock::Patience& patience_;
    std::chrono::steady_clock::time_point begin_ = patience_.clock.now();
    std::chrono::steady_clock::time_point report_at_ = begin_ + std::chrono::seconds(1);
};

}  // namespace

AdvisoryLock AdvisoryLock::acquire(postgres::Connection& connection, const LockKey& key, const Patience& patience,
                                   const OpenSession& open_another) {
    Waiter waiter(connection, patience);
    std::string server_start;
    for (const auto value : all_of(key)) {
        const bool is_first = server_start.empty();
        const auto attempt =
            is_first ? prepare_and_try(connection, value, open_another) : connection.query(try_sql(value));
        if (is_first) server_start = attempt.text(0, 1);
        if (!attempt.boolean(0, 0)) waiter.wait_for(value);
    }
    return {connection, std::move(server_start)};
}

AdvisoryLock::AdvisoryLock(AdvisoryLock&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)), server_start_(std::move(other.server_start_)) {}

AdvisoryLock::~AdvisoryLock() {
    if (connection_ == nullptr) return;
    try {
        connection_->leave_within(std::chrono::seconds(2));
        connection_->query("SELECT pg_catalog.pg_advisory_unlock_all()");
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the session is gone, and the lock with it
    }
}

std::string AdvisoryLock::holder_sql(const LockKey& key) {
    return "SELECT pid FROM pg_catalog.pg_locks WHERE " + lock_condition(key.value);
}

std::string AdvisoryLock::verify_sql(const LockKey& key) {
    std::string sql;
    for (const auto value : all_of(key)) {
        const auto text = std::to_string(value);
        const auto again = "pg_catalog.pg_try_advisory_lock(" + text + ")";
        sql = "CASE WHEN pg_catalog.pg_advisory_unlock(" + text + ") THEN " +
              (sql.empty() ? again : "CASE WHEN " + again + " THEN " + sql + " END") + " END";
    }
    return sql;
}

}  // namespace lockkeeper::engine
