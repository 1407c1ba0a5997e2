#pragma once

#include "support/loopback.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace lockkeeper::tests {

/// An HTTP proxy on loopback that knows CONNECT alone. Whatever host is asked for, it leads to one port of this
/// machine: so a server can have any name.
class ConnectProxy {
  public:
    struct Seen {
        std::string target;         ///< `host:port` of the CONNECT
        std::string authorization;  ///< Proxy-Authorization, or empty
    };

    /// `status`: what it answers; with anything but 200 it ends there.
    explicit ConnectProxy(std::uint16_t port, int status = 200);
    ~ConnectProxy();
    ConnectProxy(const ConnectProxy&) = delete;
    ConnectProxy& operator=(const ConnectProxy&) = delete;

    /// `127.0.0.1:port`
    std::string address() const;
    std::vector<Seen> seen() const;

  private:
    void accept_all();
    void serve(Socket client);

    const std::uint16_t port_;
    const int status_;
    Socket listening_;
    mutable std::mutex mutex_;
    bool stopping_ = false;
    std::vector<Seen> seen_;
    std::vector<int> open_;  ///< descriptors to be shut down at the end
    std::vector<std::thread> tunnels_;
    std::thread acceptor_;
};

}  // namespace lockkeeper::tests
