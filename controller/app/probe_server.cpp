#include "app/probe_server.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace lockkeeper::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Waits = ProbeConnection::Waits;

constexpr int most_accepts = 64;

/// How long to leave new clients alone when the process has no descriptor left for them.
constexpr milliseconds accept_pause{100};

Descriptor make_epoll() {
    Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    return epoll;
}

/// `object` comes back with the event; null stands for the listening socket.
void watch(const Descriptor& epoll, int operation, int descriptor, std::uint32_t events, void* object) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = object;
    if (::epoll_ctl(epoll.number(), operation, descriptor, &event) != 0) {
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
}

}  // namespace

ProbeServer::ProbeServer(const ListenAddress& address, ProbeHandler handler, Limits limits)
    : handler_(std::move(handler)), limits_(limits), listening_(listen_on(address)), epoll_(make_epoll()) {
    watch(epoll_, EPOLL_CTL_ADD, listening_.number(), EPOLLIN, nullptr);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

ProbeServer::~ProbeServer() = default;

void ProbeServer::run(const std::stop_token& stop) {
    const postgres::Waker waker(stop);
    while (true) {
        std::optional<milliseconds> patience;
        if (const auto next = next_deadline()) {
            patience = std::max(std::chrono::ceil<milliseconds>(*next - steady_clock::now()), milliseconds(0));
        }
        const auto woken = waker.wait(epoll_.number(), POLLIN, patience);
        if (woken == postgres::Waker::Woken::Stopped) return;
        if (woken == postgres::Waker::Woken::Ready) serve_what_is_ready();
        const auto now = steady_clock::now();
        end_what_is_late(now);
        resume_accepting(now);
    }
}

void ProbeServer::serve_what_is_ready() {
    std::array<epoll_event, 64> events{};
    const int count = ::epoll_wait(epoll_.number(), events.data(), static_cast<int>(events.size()), 0);
    bool is_called = false;
    for (int index = 0; index < count; ++index) {
        auto* const object = events.at(static_cast<std::size_t>(index)).data.ptr;
        if (object == nullptr) {
            is_called = true;  // comes last: it may end connections that have events here
            continue;
        }
        const auto connection = std::ranges::find_if(connections_, [&](const auto& one) { return &one == object; });
        if (connection != connections_.end()) go_on(connection);
    }
    if (is_called) accept_all();
}

void ProbeServer::accept_all() {
    for (int accepts = 0; accepts < most_accepts; ++accepts) {
        Descriptor socket(::accept4(listening_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (socket) {
            take(std::move(socket));
        } else if (errno == EAGAIN) {
            return;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            if (!connections_.empty()) connections_.pop_front();
            pause_accepting(steady_clock::now());
            return;
        }  // else that client has gone already
    }
}

void ProbeServer::take(Descriptor socket) {
    if (connections_.size() >= limits_.connections) connections_.pop_front();
    const int descriptor = socket.number();
    connections_.emplace_back(std::move(socket), steady_clock::now() + limits_.deadline);
    watch(epoll_, EPOLL_CTL_ADD, descriptor, EPOLLIN, &connections_.back());
    go_on(std::prev(connections_.end()));  // its request is often there already
}

void ProbeServer::go_on(Connections::iterator connection) {
    const auto waits = connection->go_on(handler_);
    if (waits == Waits::ForNothing) {
        connections_.erase(connection);
        return;
    }
    watch(epoll_, EPOLL_CTL_MOD, connection->descriptor(), waits == Waits::ToWrite ? EPOLLOUT : EPOLLIN, &*connection);
}

void ProbeServer::end_what_is_late(TimePoint now) {
    while (!connections_.empty() && connections_.front().deadline() <= now) connections_.pop_front();
}

void ProbeServer::pause_accepting(TimePoint now) {
    watch(epoll_, EPOLL_CTL_MOD, listening_.number(), 0, nullptr);
    accepts_again_ = now + accept_pause;
}

void ProbeServer::resume_accepting(TimePoint now) {
    if (!accepts_again_ || *accepts_again_ > now) return;
    watch(epoll_, EPOLL_CTL_MOD, listening_.number(), EPOLLIN, nullptr);
    accepts_again_.reset();
}

std::optional<ProbeServer::TimePoint> ProbeServer::next_deadline() const {
    auto next = accepts_again_;
    if (!connections_.empty()) {
        const auto first = connections_.front().deadline();
        next = next ? std::min(*next, first) : first;
    }
    return next;
}

}  // namespace lockkeeper::app
