#pragma once

#include "support/loopback.hpp"

#include <cstdint>
#include <string>

namespace lockkeeper::tests {

/// Sends as much of the bytes as the peer takes, waiting for it; how much that was.
std::size_t send_bytes(const Socket& socket, const std::string& bytes);

/// All that still comes until the peer closes.
std::string read_to_end(const Socket& socket);

/// The whole answer to a GET on 127.0.0.1; empty if nobody answers.
std::string get_from_loopback(std::uint16_t port, const std::string& path);

}  // namespace lockkeeper::tests
