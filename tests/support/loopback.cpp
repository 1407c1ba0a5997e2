#include "support/loopback.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace lockkeeper::tests {
namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

const sockaddr* generic(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);  // NOLINT(*-reinterpret-cast): what the socket API asks for
}

Socket listen_on(Socket socket, std::uint16_t port) {
    const auto address = loopback(port);
    if (::bind(socket.descriptor(), generic(address), sizeof address) != 0 || ::listen(socket.descriptor(), 64) != 0) {
        throw std::runtime_error("cannot listen on 127.0.0.1:" + std::to_string(port));
    }
    return socket;
}

Socket new_socket() {
    return Socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

}  // namespace

Socket::~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}
Socket::Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
Socket& Socket::operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

Socket listen_on_loopback() {
    return listen_on(new_socket(), 0);
}

Socket listen_again_on_loopback(std::uint16_t port) {
    auto socket = new_socket();
    const int yes = 1;
    ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    return listen_on(std::move(socket), port);
}

std::uint16_t port_of(const Socket& listening) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(listening.descriptor(), reinterpret_cast<sockaddr*>(&address), &size);  // NOLINT(*-reinterpret-cast)
    return ntohs(address.sin_port);
}

Socket connect_to_loopback(std::uint16_t port) {
    auto socket = new_socket();
    const auto address = loopback(port);
    if (::connect(socket.descriptor(), generic(address), sizeof address) != 0) return Socket();
    const int on = 1;
    ::setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
}

}  // namespace lockkeeper::tests
