#include "kube/server_url.hpp"

#include <arpa/inet.h>

namespace lockkeeper::kube {
namespace {

/// `host:port/prefix`
std::string_view after_scheme(std::string_view server) {
    const auto scheme = server.find("://");
    return scheme == std::string_view::npos ? server : server.substr(scheme + 3);
}

std::string_view authority_of(std::string_view server) {
    const auto rest = after_scheme(server);
    return rest.substr(0, rest.find('/'));
}

}  // namespace

std::string what_is_wrong_with_server(std::string_view server) {
    const auto quoted = "\"" + std::string(server) + "\"";
    if (server.empty()) return "it has no server; write one such as https://host:6443";
    if (!server.starts_with("https://") && !server.starts_with("http://")) {
        return "the server " + quoted + " has no scheme; write https:// in front of it";
    }
    const auto authority = authority_of(server);
    if (authority.find('@') != std::string_view::npos) {
        return "the server's address holds a user; write a token or a client-certificate instead";
    }
    if (authority.find('[') != std::string_view::npos) {
        // cpprestsdk keeps the brackets when it resolves the name.
        return "the server " + quoted +
               " is an IPv6 address, which is not supported; write a DNS name, and tls-server-name if its certificate "
               "has another";
    }
    if (authority.empty() || authority.starts_with(':')) return "the server " + quoted + " has no host";
    return {};
}

bool may_carry_token(std::string_view server) {
    if (server.starts_with("https://")) return true;
    const auto host = host_of(server);
    return host == "localhost" || host.starts_with("127.");
}

std::string host_of(std::string_view server) {
    const auto authority = authority_of(server);
    return std::string(authority.substr(0, authority.find(':')));
}

bool is_ipv4_address(const std::string& host) {
    in_addr address{};
    return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

std::string prefix_of(std::string_view server) {
    const auto rest = after_scheme(server);
    const auto slash = rest.find('/');
    return slash == std::string_view::npos ? std::string() : std::string(rest.substr(slash));
}

}  // namespace lockkeeper::kube
