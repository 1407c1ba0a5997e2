#pragma once

#include "app/descriptor.hpp"
#include "app/probe_request.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace lockkeeper::app {

/// Answers a path. Called on the server's thread, so it must not wait for anything.
using ProbeHandler = std::function<ProbeAnswer(const std::string& path)>;

/// One exchange with a client: its request is read, answered, and whatever it still sends is thrown away until it
/// closes, since a connection that is closed with unread bytes is reset, and the answer lost on the way. Nothing
/// blocks.
class ProbeConnection {
  public:
    using TimePoint = std::chrono::steady_clock::time_point;
    enum class Waits { ToRead, ToWrite, ForNothing };  ///< ForNothing: it is over

    /// However slow the client is, by `deadline` it is over.
    ProbeConnection(Descriptor socket, TimePoint deadline) : socket_(std::move(socket)), deadline_(deadline) {}

    /// Goes as far as the socket lets it, and not so far that others wait for long.
    Waits go_on(const ProbeHandler& handler);

    int descriptor() const { return socket_.number(); }
    TimePoint deadline() const { return deadline_; }

  private:
    Waits read(const ProbeHandler& handler);
    Waits write();
    Waits discard();

    Descriptor socket_;
    TimePoint deadline_;
    enum class State { Reading, Writing, Discarding };
    State state_ = State::Reading;
    std::string request_;
    std::string answer_;
    std::size_t written_ = 0;
};

}  // namespace lockkeeper::app
