#include "engine/run_observer.hpp"

#include "engine/statement_tag.hpp"
#include "postgres/error.hpp"

#include <algorithm>

namespace lockkeeper::engine {
namespace {

// Together well below the 3 s that a session may be idle under the lock (session_guards).
constexpr std::chrono::milliseconds time_to_connect{1'000};
constexpr std::chrono::milliseconds time_to_answer{800};
constexpr int has_index_progress = 120'000;

std::string blockers_sql(int pid) {
    return "SELECT pid, coalesce(application_name, ''), coalesce(state, ''), extract(epoch FROM "
           "pg_catalog.clock_timestamp() - xact_start)::pg_catalog.int8, extract(epoch FROM "
           "query_start)::pg_catalog.int8, coalesce(pg_catalog.left(query, 200), '') FROM pg_catalog.pg_stat_activity "
           "WHERE pid = ANY (pg_catalog.pg_blocking_pids(" +
           std::to_string(pid) + ")) ORDER BY xact_start LIMIT 3";
}

std::string index_build_sql(int pid) {
    return "SELECT coalesce(phase, ''), CASE WHEN blocks_total > 0 THEN 100 * blocks_done / blocks_total WHEN "
           "tuples_total > 0 THEN 100 * tuples_done / tuples_total END FROM pg_catalog.pg_stat_progress_create_index "
           "WHERE pid = " +
           std::to_string(pid);
}

Blocker blocker_of(const postgres::Result& rows, std::size_t row) {
    Blocker blocker;
    blocker.pid = static_cast<int>(rows.integer(row, 0));
    blocker.application = rows.text(row, 1);
    blocker.state = rows.text(row, 2);
    if (!rows.is_null(row, 3)) blocker.transaction_age = std::chrono::seconds(rows.integer(row, 3));
    if (!rows.is_null(row, 4))
        blocker.query_start = std::chrono::sys_seconds(std::chrono::seconds(rows.integer(row, 4)));
    blocker.statement = statement_tag(rows.text(row, 5));
    return blocker;
}

}  // namespace

RunObserver::RunObserver(postgres::Connection& watched, postgres::ConnectionUrl url, std::chrono::milliseconds every,
                         std::function<void(const RunObservation&)> on_look)
    : watched_(watched), url_(std::move(url)), on_look_(std::move(on_look)) {
    watched_.while_waiting(every, [this] { look(); });
}

RunObserver::~RunObserver() {
    watched_.while_waiting({}, {});
}

void RunObserver::look() {
    try {
        last_ = observe();
    } catch (const std::exception&) {
        connection_.reset();
        last_ = {};
        return;
    }
    on_look_(last_);
}

RunObservation RunObserver::observe() {
    if (!connection_) {
        connection_ = postgres::Connection::open(
            url_, {.application_name = "lockkeeper:watch", .connect_timeout = time_to_connect});
    }
    connection_->answer_until(std::chrono::steady_clock::now() + time_to_answer);
    RunObservation seen;
    const auto pid = watched_.backend_pid();
    const auto blockers = connection_->query(blockers_sql(pid));
    for (std::size_t row = 0; row < blockers.rows(); ++row) seen.blockers.push_back(blocker_of(blockers, row));
    if (watched_.server_version() < has_index_progress) return seen;
    const auto build = connection_->query(index_build_sql(pid));
    if (build.rows() == 0) return seen;
    seen.index_build = IndexBuild{std::string(build.text(0, 0)), std::nullopt};
    if (!build.is_null(0, 1)) seen.index_build->percent = std::clamp(static_cast<int>(build.integer(0, 1)), 0, 100);
    return seen;
}

}  // namespace lockkeeper::engine
