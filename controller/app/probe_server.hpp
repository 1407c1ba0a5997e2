#pragma once

#include "app/descriptor.hpp"
#include "app/listen_address.hpp"
#include "app/probe_connection.hpp"
#include "postgres/waker.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <thread>

namespace lockkeeper::app {

/// Answers GET requests of probes and scrapers over plain HTTP, one on each connection, for as long as it lives.
///
/// It has one thread, which never waits for a client, so that slow ones do not keep the others waiting. A client has
/// `deadline` in all, from its connection to its last byte. A connection more than `connections` takes the place of the
/// oldest one: who floods the server disturbs himself first.
class ProbeServer {
  public:
    struct Limits {
        std::size_t connections = 64;
        std::chrono::milliseconds deadline{5'000};
    };

    /// Listens at once. Throws what listen_on throws.
    ProbeServer(const ListenAddress& address, ProbeHandler handler, Limits limits);
    ~ProbeServer();
    ProbeServer(const ProbeServer&) = delete;
    ProbeServer& operator=(const ProbeServer&) = delete;

    std::uint16_t port() const { return port_of(listening_); }

  private:
    using Connections = std::list<ProbeConnection>;  // the oldest first, which is also the first to reach its deadline
    using TimePoint = ProbeConnection::TimePoint;

    void run(const std::stop_token& stop);
    void serve_what_is_ready();
    void accept_all();
    void take(Descriptor socket);
    void go_on(Connections::iterator connection);
    void end_what_is_late(TimePoint now);
    void pause_accepting(TimePoint now);
    void resume_accepting(TimePoint now);
    std::optional<TimePoint> next_deadline() const;

    const ProbeHandler handler_;
    const Limits limits_;
    Descriptor listening_;
    Descriptor epoll_;
    Connections connections_;
    std::optional<TimePoint> accepts_again_;
    std::jthread thread_;
};

}  // namespace lockkeeper::app
