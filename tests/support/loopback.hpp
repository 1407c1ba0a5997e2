#pragma once

#include <cstdint>

namespace lockkeeper::tests {

/// A file descriptor that is closed with the object.
class Socket {
  public:
    explicit Socket(int descriptor = -1) : descriptor_(descriptor) {}
    ~Socket();
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&& other) noexcept;
    int descriptor() const { return descriptor_; }
    explicit operator bool() const { return descriptor_ >= 0; }

  private:
    int descriptor_;
};

/// Listens on a free port of 127.0.0.1.
Socket listen_on_loopback();
/// Listens on this port of 127.0.0.1 (0: a free one), which can be listened on again once nobody does any more, however
/// its connections have ended.
Socket listen_again_on_loopback(std::uint16_t port);
std::uint16_t port_of(const Socket& listening);
/// A connection to a port of 127.0.0.1, or nothing if nobody listens there.
Socket connect_to_loopback(std::uint16_t port);

}  // namespace lockkeeper::tests
