#include "support/http_probe.hpp"

#include <sys/socket.h>

#include <array>

namespace lockkeeper::tests {

std::size_t send_bytes(const Socket& socket, const std::string& bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const auto count = ::send(socket.descriptor(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) break;
        sent += static_cast<std::size_t>(count);
    }
    return sent;
}

std::string read_to_end(const Socket& socket) {
    std::string bytes;
    std::array<char, 4096> buffer{};
    while (true) {
        const auto count = ::recv(socket.descriptor(), buffer.data(), buffer.size(), 0);
        if (count <= 0) return bytes;
        bytes.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

std::string get_from_loopback(std::uint16_t port, const std::string& path) {
    const auto socket = connect_to_loopback(port);
    if (!socket) return {};
    send_bytes(socket, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return read_to_end(socket);
}

}  // namespace lockkeeper::tests
