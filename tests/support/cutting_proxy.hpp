#pragma once

#include "support/loopback.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace lockkeeper::tests {

/// Stands between a client and a PostgreSQL server, knows where the protocol's messages begin and end, and cuts one
/// connection at one of them. All other connections pass unharmed, and those of an engine that looks after its own
/// session (`lockkeeper:watch`) are not counted: whether there is one depends on how fast all goes.
/// Source: PostgreSQL, "Frontend/Backend Protocol", "Message Formats".
class CuttingProxy {
  public:
    enum class Direction { ToServer, ToClient };
    enum class Moment { Before, After };
    enum class Manner {
        Close,    ///< both ends see that the connection is closed
        Silence,  ///< nothing passes any more, and neither end is told, until the proxy ends
        Slowness  ///< all passes, but each message to the server a second late
    };
    struct Cut {
        Direction direction = Direction::ToServer;
        std::size_t message = 0;  ///< which one of its direction, counted over all connections from 0
        Moment moment = Moment::Before;
        Manner manner = Manner::Close;
        /// The first message of a `lockkeeper:watch` that holds this text is kept back, and its connection is silent
        /// from then on.
        std::string watch_falls_silent_at{};
    };

    /// `url` is the server's, on 127.0.0.1. What comes is passed on so much later, in each direction.
    explicit CuttingProxy(const std::string& url, std::optional<Cut> cut = std::nullopt,
                          std::chrono::milliseconds delay = {});

    /// The connection string to the same server through the proxy.
    const std::string& url() const { return url_; }
    /// How many messages have been seen.
    std::size_t messages(Direction direction) const { return counts_[index_of(direction)]; }
    bool has_cut() const { return has_cut_; }
    bool has_silenced_watch() const { return has_silenced_watch_; }

  private:
    struct Link;

    static std::size_t index_of(Direction direction) { return direction == Direction::ToServer ? 0 : 1; }
    void accept_all(const std::stop_token& stop);
    void serve(Socket client, const std::stop_token& stop);
    bool forward(Link& link, Direction direction);
    bool pass_message(Link& link, Direction direction, std::size_t size);
    bool silences_watch(const Link& link, std::string_view message);

    Socket listening_;
    std::uint16_t server_port_ = 0;
    std::string url_;
    std::optional<Cut> cut_;
    std::chrono::milliseconds delay_;
    std::atomic<std::size_t> counts_[2]{};  // NOLINT(*-avoid-c-arrays): atomics in a std::array read no better
    std::atomic<bool> has_cut_ = false;
    std::atomic<bool> has_silenced_watch_ = false;
    std::vector<std::jthread> links_;
    std::jthread accepting_;  // the last member: it uses the others
};

}  // namespace lockkeeper::tests
