#pragma once

#include "kube/line_splitter.hpp"
#include "kube/transport.hpp"
#include "kube/watch_event.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>

namespace lockkeeper::kube {

/// A watch that the API server has accepted.
class WatchStream {
  public:
    /// etcd takes objects of 1.5 MiB; escaped as JSON they can be some times that.
    static constexpr std::size_t longest_line = std::size_t{8} << 20U;

    /// `idle_limit`: how long silence may last. Bookmarks come every minute; a peer that is silent for longer than two
    /// of them is dead, and nothing else would tell (there are no HTTP/2 pings, and no TCP keepalives either).
    WatchStream(std::unique_ptr<ResponseStream> stream, std::chrono::milliseconds idle_limit);

    /// The next event; nothing when the server has ended the watch as it does every few minutes. Throws ApiError for an
    /// ERROR event, and TransportError: `Idle`, `Lost`, `Garbled`, `Interrupted`.
    std::optional<WatchEvent> next(const std::stop_token& stop);

  private:
    std::unique_ptr<ResponseStream> stream_;
    std::chrono::milliseconds idle_limit_;
    LineSplitter lines_;
};

}  // namespace lockkeeper::kube
