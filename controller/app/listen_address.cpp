#include "app/listen_address.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace lockkeeper::app {
namespace {

struct FreeAddresses {
    void operator()(addrinfo* first) const { ::freeaddrinfo(first); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

[[noreturn]] void refuse(std::string_view text) {
    throw std::invalid_argument("'" + std::string(text) + "' is no address; write :8080, 127.0.0.1:8080 or [::1]:8080");
}

Addresses resolve(const ListenAddress& address) {
    addrinfo hints{};
    hints.ai_flags = AI_PASSIVE;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* first = nullptr;
    const auto* const host = address.host.empty() ? nullptr : address.host.c_str();
    if (const int error = ::getaddrinfo(host, std::to_string(address.port).c_str(), &hints, &first); error != 0) {
        throw std::runtime_error("cannot listen on " + address.to_string() + ": " + ::gai_strerror(error));
    }
    return Addresses(first);
}

/// Nothing, with errno set, if that does not work.
Descriptor bound_to(const addrinfo& address) {
    Descriptor socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return socket;
    const int yes = 1;
    const int no = 0;
    ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    // One socket for both families.
    if (address.ai_family == AF_INET6) ::setsockopt(socket.number(), IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (::bind(socket.number(), address.ai_addr, address.ai_addrlen) != 0) return Descriptor();
    if (::listen(socket.number(), SOMAXCONN) != 0) return Descriptor();
    return socket;
}

}  // namespace

std::string ListenAddress::to_string() const {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
    if (text == "0") return std::nullopt;
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) refuse(text);
    const auto port = text.substr(colon + 1);
    ListenAddress address;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc() || end != port.data() + port.size()) refuse(text);
    auto host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        if (host.empty()) refuse(text);
    } else if (host.find_first_of("[]:") != std::string_view::npos) {
        refuse(text);
    }
    address.host = host;
    return address;
}

Descriptor listen_on(const ListenAddress& address) {
    const auto addresses = resolve(address);
    for (const int family : {AF_INET6, AF_INET}) {
        for (const auto* one = addresses.get(); one != nullptr; one = one->ai_next) {
            if (one->ai_family != family) continue;
            if (auto socket = bound_to(*one)) return socket;
        }
    }
    throw std::system_error(errno, std::generic_category(), "cannot listen on " + address.to_string());
}

std::uint16_t port_of(const Descriptor& socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    // NOLINTNEXTLINE(*-reinterpret-cast): what the socket API asks for
    if (::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
    if (address.ss_family == AF_INET6) {
        return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);  // NOLINT(*-reinterpret-cast)
    }
    return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);  // NOLINT(*-reinterpret-cast)
}

}  // namespace lockkeeper::app
