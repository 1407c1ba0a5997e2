#pragma once

#include "app/descriptor.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lockkeeper::app {

/// Where a server listens.
struct ListenAddress {
    std::string host;        ///< an IP address or a name; empty: all addresses of the machine
    std::uint16_t port = 0;  ///< 0: any that is free

    std::string to_string() const;
};

/// Reads `:8080`, `127.0.0.1:8080` and `[::1]:8080`; `0` is none. Throws std::invalid_argument, which says what to
/// write.
std::optional<ListenAddress> parse_listen_address(std::string_view text);

/// A socket that listens there and does not block. Throws std::system_error, or std::runtime_error for a host that is
/// not known.
Descriptor listen_on(const ListenAddress& address);

/// The port that a socket is bound to.
std::uint16_t port_of(const Descriptor& socket);

}  // namespace lockkeeper::app
