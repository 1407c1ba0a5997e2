#pragma once

#include <string>
#include <string_view>

namespace lockkeeper::kube {

/// Why this cannot be an API server's address, and what to write; empty if it can.
std::string what_is_wrong_with_server(std::string_view server);

/// May a token be sent there? By https, or to this machine itself.
bool may_carry_token(std::string_view server);

/// `host` of `https://host:port/prefix`.
std::string host_of(std::string_view server);

bool is_ipv4_address(const std::string& host);

/// `/prefix` of `https://host:port/prefix`, or nothing.
std::string prefix_of(std::string_view server);

}  // namespace lockkeeper::kube
