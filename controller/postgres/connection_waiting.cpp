// How a connection sends, waits, gives up and is interrupted.
#include "postgres/connection.hpp"
#include "postgres/libpq.hpp"
#include "postgres/waker.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <thread>

namespace lockkeeper::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Sends a cancel request on a thread of its own: PQcancel connects without a time limit, and a way out must not hang.
void request_cancel(PGconn* connection) {
    PGcancel* cancel = PQgetCancel(connection);
    if (cancel == nullptr) return;
    std::thread([cancel] {
        std::array<char, 256> message{};
        PQcancel(cancel, message.data(), static_cast<int>(message.size()));
        PQfreeCancel(cancel);
    }).detach();
}

constexpr std::chrono::milliseconds patience_after_cancel{2'000};
constexpr std::chrono::milliseconds cancel_again_after{200};

/// What is to be done while something is waited for, and when.
class Alarms {
  public:
    using Deadline = std::optional<steady_clock::time_point>;

    Alarms(std::optional<milliseconds> look, std::optional<milliseconds> link, Deadline deadline)
        : look_every_(look), link_every_(link), deadline_(deadline) {
        if (look_every_) look_at_ = begin_ + *look_every_;
        if (link_every_) link_at_ = begin_ + *link_every_;
    }

    std::optional<milliseconds> time_left() const {
        Deadline next = deadline_;
        for (const auto& at : {look_at_, link_at_}) {
            if (at && (!next || *at < *next)) next = at;
        }
        if (!next) return std::nullopt;
        return std::max(std::chrono::ceil<milliseconds>(*next - steady_clock::now()), milliseconds(0));
    }
    bool deadline_has_passed() const { return deadline_ && steady_clock::now() >= *deadline_; }
    bool look_rings() { return rings(look_at_, look_every_); }
    /// How many times it has rung, if it does.
    std::optional<std::size_t> link_rings() {
        if (!rings(link_at_, link_every_)) return std::nullopt;
        return ++link_count_;
    }

  private:
    static bool rings(Deadline& at, const std::optional<milliseconds>& every) {
        const auto now = steady_clock::now();
        if (!at || now < *at) return false;
        at = now + *every;
        return true;
    }

    std::optional<milliseconds> look_every_;
    std::optional<milliseconds> link_every_;
    Deadline deadline_;
    steady_clock::time_point begin_ = steady_clock::now();
    Deadline look_at_;
    Deadline link_at_;
    std::size_t link_count_ = 0;
};

}  // namespace

void Connection::wait_only_for(const std::stop_token& stop, std::optional<steady_clock::time_point> deadline) {
    stop_ = stop;
    waker_->follow(stop_);
    watch_link({}, {});
    while_waiting({}, {});
    answer_until(deadline);
}

void Connection::leave_within(std::chrono::milliseconds patience) {
    wait_only_for({}, steady_clock::now() + patience);
}

void Connection::answer_until(std::optional<steady_clock::time_point> deadline) {
    deadline_ = deadline;
}

void Connection::watch_link(milliseconds every, std::function<bool(std::size_t nth)> is_lost) {
    link_every_.reset();
    if (is_lost) link_every_ = every;
    link_is_lost_ = std::move(is_lost);
}

void Connection::while_waiting(std::chrono::milliseconds every, std::function<void()> look) {
    look_every_.reset();
    if (look) look_every_ = every;
    look_ = std::move(look);
}

std::uint64_t Connection::acknowledged_bytes() const {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(PQsocket(raw(connection_.get())), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
    return info.tcpi_bytes_acked;
}

void Connection::send(const std::string& sql) {
    if (stop_.stop_requested()) throw Interrupted();
    if (PQsendQuery(raw(connection_.get()), sql.c_str()) != 1) throw ConnectionLost();
    flush();
}

void Connection::flush() {
    auto* connection = raw(connection_.get());
    while (true) {
        const int left = PQflush(connection);
        if (left < 0) throw ConnectionLost();
        if (left == 0) return;
        // The server may want to be read from before it reads on.
        wait(POLLIN | POLLOUT);
        if (PQconsumeInput(connection) != 1) throw ConnectionLost();
    }
}

void Connection::wait(short events) {
    Alarms alarms(look_every_, link_every_, deadline_);
    while (true) {
        const auto woken = waker_->wait(PQsocket(raw(connection_.get())), events, alarms.time_left());
        if (woken == Waker::Woken::Stopped) interrupt();
        if (woken == Waker::Woken::Ready) return;
        if (alarms.deadline_has_passed()) throw ConnectionLost();
        // One of them at a time, since an answer may have come meanwhile, and a session must not be left idle for long.
        if (const auto nth = alarms.link_rings()) {
            if (link_is_lost_(*nth)) throw ConnectionLost();
        } else if (alarms.look_rings()) {
            look_();
        }
    }
}

void Connection::wait_for_input() {
    auto* connection = raw(connection_.get());
    while (PQisBusy(connection) != 0) {
        wait(POLLIN);
        if (PQconsumeInput(connection) != 1 && PQisBusy(connection) != 0) throw ConnectionLost();
    }
}

/// Cancels the command and waits a little for the server to say so, which leaves the session clean. If it does not, the
/// caller drops the connection, and the server ends the session by itself.
void Connection::interrupt() {
    auto* connection = raw(connection_.get());
    request_cancel(connection);
    const Waker patient{std::stop_token{}};
    const bool is_ahead = PQpipelineStatus(connection) != PQ_PIPELINE_OFF;
    const auto deadline = steady_clock::now() + patience_after_cancel;
    while (steady_clock::now() < deadline) {
        if (PQisBusy(connection) == 0) {
            auto* result = PQgetResult(connection);
            if (result == nullptr && is_ahead && PQstatus(connection) != CONNECTION_BAD) continue;
            if (result == nullptr) break;
            const auto status = PQresultStatus(result);
            PQclear(result);
            if (status == PGRES_PIPELINE_SYNC) break;
            // A server that waits for rows does not look for cancel requests.
            if (status != PGRES_COPY_IN || PQputCopyEnd(connection, "interrupted") == 1) continue;
        }
        const bool unsent = PQflush(connection) == 1;
        auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
        if (is_ahead) left = std::min(left, cancel_again_after);
        const auto woken = patient.wait(PQsocket(connection), static_cast<short>(unsent ? POLLIN | POLLOUT : POLLIN),
                                        std::max(left, milliseconds(0)));
        // A request that comes between two statements is one for none of them, and those ahead would go on.
        if (is_ahead && woken == Waker::Woken::TimedOut) request_cancel(connection);
        if (PQconsumeInput(connection) != 1) break;
    }
    throw Interrupted();
}

void Connection::send_rows(std::optional<std::string_view> given) {
    auto* connection = raw(connection_.get());
    // An import that nobody gave rows to must fail, not load none.
    const char* const error = given ? nullptr : "no rows were given";
    const auto rows = given.value_or(std::string_view{});
    // Small, so that the server, which counts what it has got by these pieces, can show progress on a slow link too;
    // and with the 5 bytes of a message's head just what libpq sends at a time, so that nothing of it stays behind.
    constexpr std::size_t chunk = (std::size_t{1} << 13U) - 5;
    for (std::size_t at = 0; at < rows.size();) {
        const auto size = std::min(chunk, rows.size() - at);
        const int sent = PQputCopyData(connection, rows.data() + at, static_cast<int>(size));
        if (sent < 0) throw ConnectionLost();
        if (sent == 1) at += size;
        // libpq never says that it has had enough: it would keep a copy of all that the server has not read yet, and
        // move the whole of it each time that it sends a piece.
        flush();
    }
    while (PQputCopyEnd(connection, error) == 0) flush();
    flush();
}

}  // namespace lockkeeper::postgres
