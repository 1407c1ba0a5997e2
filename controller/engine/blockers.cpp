#include "engine/blockers.hpp"

#include "postgres/error.hpp"

namespace lockkeeper::engine {
namespace {

std::string describe(const Blocker& blocker) {
    auto what = blocker.application;
    if (!blocker.state.empty()) what += (what.empty() ? "" : ", ") + blocker.state;
    if (blocker.transaction_age) what += " for " + std::to_string(blocker.transaction_age->count()) + " s";
    return "pid " + std::to_string(blocker.pid) + (what.empty() ? "" : " (" + what + ")");
}

}  // namespace

std::string describe(const std::vector<Blocker>& blockers) {
    std::string text;
    for (const auto& blocker : blockers) text += (text.empty() ? "" : " and ") + describe(blocker);
    return text;
}

BlockerWatch::BlockerWatch(postgres::Connection& watched, postgres::ConnectionUrl url, std::chrono::milliseconds every,
                           std::function<void(const std::vector<Blocker>&)> on_blocked)
    : watched_(watched), url_(std::move(url)), on_blocked_(std::move(on_blocked)) {
    watched_.while_waiting(every, [this] { look(); });
}

BlockerWatch::~BlockerWatch() {
    watched_.while_waiting({}, {});
}

void BlockerWatch::look() {
    last_ = blockers();
    if (!last_.empty()) on_blocked_(last_);
}

std::vector<Blocker> BlockerWatch::blockers() {
    std::vector<Blocker> blockers;
    try {
        if (!connection_) {
            connection_ = postgres::Connection::open(
                url_, {.application_name = "lockkeeper:watch", .connect_timeout = std::chrono::seconds(2)});
            connection_->query("SET statement_timeout = 2000");
        }
        connection_->answer_until(std::chrono::steady_clock::now() + std::chrono::seconds(3));
        const auto rows = connection_->query(
            "SELECT pid, coalesce(application_name, ''), coalesce(state, ''), extract(epoch FROM "
            "pg_catalog.clock_timestamp() - xact_start)::pg_catalog.int8 FROM pg_catalog.pg_stat_activity WHERE pid = "
            "ANY (pg_catalog.pg_blocking_pids(" +
            std::to_string(watched_.backend_pid()) + ")) ORDER BY xact_start LIMIT 3");
        for (std::size_t row = 0; row < rows.rows(); ++row) {
            Blocker blocker{static_cast<int>(rows.integer(row, 0)), std::string(rows.text(row, 1)),
                            std::string(rows.text(row, 2)), std::nullopt};
            if (!rows.is_null(row, 3)) blocker.transaction_age = std::chrono::seconds(rows.integer(row, 3));
            blockers.push_back(std::move(blocker));
        }
    } catch (const std::exception&) {
        connection_.reset();
    }
    return blockers;
}

}  // namespace lockkeeper::engine
