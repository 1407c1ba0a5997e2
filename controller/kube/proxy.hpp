#pragma once

#include "kube/secret_text.hpp"

#include <string>
#include <string_view>

namespace lockkeeper::kube {

/// Why this cannot be a proxy, and what to write; empty if it can: an HTTP proxy, through which a server with TLS is
/// reached by CONNECT. Quotes nothing of it, since it may hold a password.
std::string what_is_wrong_with_proxy(std::string_view url);

/// The parts of `http://user:password@host:port`.
struct Proxy {
    std::string address;  ///< `http://host:port`
    std::string user;
    SecretText password;

    static Proxy parse(std::string_view url);
};

/// Does NO_PROXY, or its being this machine itself, keep a proxy of the environment away from a server? The list holds
/// hosts, which stand for what is below them too, `.domains`, addresses, networks such as 10.0.0.0/8, each with or
/// without a port, separated by commas; or `*`. As Go reads it (golang.org/x/net/http/httpproxy), but for IPv6.
bool is_reached_directly(std::string_view server, std::string_view no_proxy);

}  // namespace lockkeeper::kube
