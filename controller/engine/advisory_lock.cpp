#include "engine/advisory_lock.hpp"

#include "engine/session_settings.hpp"
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
std::string lock_condition(LockKey key) {
    const auto bits = static_cast<std::uint64_t>(key.value);
    return "locktype='advisory' AND granted AND objsubid=1 AND classid=" + std::to_string(bits >> 32U) +
           " AND objid=" + std::to_string(bits & 0xFFFFFFFFU) +
           " AND database=(SELECT oid FROM pg_catalog.pg_database WHERE datname=pg_catalog.current_database())";
}

/// Taken twice by whom gets it, so that verify_sql can give one back without letting it go.
std::string try_sql(LockKey key) {
    const auto attempt = "pg_catalog.pg_try_advisory_lock(" + std::to_string(key.value) + ")";
    return "SELECT CASE WHEN " + attempt + " THEN " + attempt + " ELSE false END";
}

/// The session's guards and the first attempt in one message, with the check for a pooler in front of it: if the
/// backend is not the one that the session was told of, the message fails before it has set or locked anything.
bool prepare_and_try(postgres::Connection& connection, LockKey key, const OpenSession& open_another) {
    const auto prepare = session_guards(connection.server_version()) + try_sql(key);
    try {
        return connection
            .query("SELECT 1 / (pg_catalog.pg_backend_pid()=" + std::to_string(connection.backend_pid()) +
                   ")::pg_catalog.int4;" + prepare)
            .boolean(0, 0);
    } catch (const postgres::CommandError& error) {
        if (error.sqlstate() != "22012") throw;  // division_by_zero
    }
    refuse_shared_backend(connection, open_another);
    return connection.query(prepare).boolean(0, 0);
}

std::optional<LockHolder> find_holder(postgres::Connection& connection, LockKey key) {
    const auto rows = connection.query(
        "SELECT a.pid, a.application_name, coalesce(host(a.client_addr), ''), coalesce(a.state, '') FROM "
        "pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE " +
        lock_condition(key) + " LIMIT 1");
    if (rows.rows() == 0) return std::nullopt;
    return LockHolder{static_cast<int>(rows.integer(0, 0)), std::string(rows.text(0, 1)), std::string(rows.text(0, 2)),
                      std::string(rows.text(0, 3))};
}

std::string describe(const LockWait& wait) {
    auto text = "the advisory lock " + std::to_string(wait.key.value) + " was not free within " +
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

AdvisoryLock AdvisoryLock::acquire(postgres::Connection& connection, LockKey key, const Patience& patience,
                                   const OpenSession& open_another) {
    const auto begin = patience.clock.now();
    auto report_at = begin + std::chrono::seconds(1);
    Pauses pauses;
    bool held = prepare_and_try(connection, key, open_another);
    while (!held) {
        const auto now = patience.clock.now();
        const auto waited = std::chrono::duration_cast<milliseconds>(now - begin);
        if (waited >= patience.timeout) throw LockNotAcquired({key, waited, find_holder(connection, key)});
        if (patience.on_wait && now >= report_at) {
            patience.on_wait({key, waited, find_holder(connection, key)});
            report_at = now + std::chrono::seconds(2);
        }
        patience.clock.sleep(std::min(pauses.next(), patience.timeout - waited), patience.stop);
        held = connection.query(try_sql(key)).boolean(0, 0);
    }
    return {connection, key};
}

AdvisoryLock::AdvisoryLock(AdvisoryLock&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)), key_(other.key_) {}

AdvisoryLock::~AdvisoryLock() {
    if (connection_ == nullptr) return;
    try {
        connection_->leave_within(std::chrono::seconds(2));
        connection_->query("SELECT pg_catalog.pg_advisory_unlock_all()");
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the session is gone, and the lock with it
    }
}

std::string AdvisoryLock::verify_sql(LockKey key) {
    const auto value = std::to_string(key.value);
    return "CASE WHEN pg_catalog.pg_advisory_unlock(" + value + ") THEN pg_catalog.pg_try_advisory_lock(" + value +
           ") ELSE false END";
}

}  // namespace lockkeeper::engine
