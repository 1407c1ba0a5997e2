#include "kube/proxy.hpp"

#include "kube/server_url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>

namespace lockkeeper::kube {
namespace {

constexpr std::string_view scheme = "http://";

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

/// `user:password@host:port`
std::string_view authority_of(std::string_view url) {
    const auto rest = url.substr(scheme.size());
    return rest.substr(0, rest.find('/'));
}

/// `%40` is `@`: what a password cannot hold as it is.
std::string decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        int value = 0;
        const auto* const digits = text.data() + i + 1;
        if (text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
            plain += static_cast<char>(value);
            i += 2;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::optional<std::uint32_t> ipv4(const std::string& text) {
    in_addr address{};
    if (inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
    return ntohl(address.s_addr);
}

bool is_in_network(const std::string& host, const std::string& network) {
    const auto slash = network.find('/');
    if (slash == std::string::npos) return false;
    const auto address = ipv4(host);
    const auto base = ipv4(network.substr(0, slash));
    unsigned bits = 0;
    const auto* const end = network.data() + network.size();
    const auto [read_to, error] = std::from_chars(network.data() + slash + 1, end, bits);
    if (!address || !base || error != std::errc() || read_to != end || bits > 32) return false;
    if (bits == 0) return true;
    return (*address ^ *base) >> (32 - bits) == 0;
}

struct Target {
    std::string host;
    std::string port;
};

Target target_of(std::string_view server) {
    const auto host = host_of(server);
    const auto rest = server.substr(server.find("://") + 3);
    const auto authority = rest.substr(0, rest.find('/'));
    const auto colon = authority.find(':');
    if (colon != std::string_view::npos) return {lower(host), std::string(authority.substr(colon + 1))};
    return {lower(host), server.starts_with("https") ? "443" : "80"};
}

bool covers(const std::string& entry, const Target& target) {
    if (entry.empty()) return false;
    if (entry == "*" || is_in_network(target.host, entry)) return true;
    const auto colon = entry.find(':');
    if (colon != std::string::npos && entry.substr(colon + 1) != target.port) return false;
    auto name = entry.substr(0, colon);
    if (name.starts_with("*.")) name.erase(0, 1);
    if (target.host == name) return true;
    if (ipv4(name)) return false;
    return target.host.ends_with(name.starts_with('.') ? name : "." + name);
}

}  // namespace

std::string what_is_wrong_with_proxy(std::string_view url) {
    if (!url.starts_with(scheme)) {
        return "is no HTTP proxy, and others (https://, socks5://) are not supported; write http://host:port";
    }
    const auto authority = authority_of(url);
    const auto address = authority.substr(authority.rfind('@') + 1);
    if (address.find('[') != std::string_view::npos)
        return "is an IPv6 address, which is not supported; write a DNS name";
    if (address.empty() || address.starts_with(':')) return "has no host; write http://host:port";
    return {};
}

Proxy Proxy::parse(std::string_view url) {
    const auto authority = authority_of(url);
    const auto at = authority.rfind('@');
    if (at == std::string_view::npos) return {std::string(scheme) + std::string(authority), {}, {}};
    const auto login = authority.substr(0, at);
    const auto colon = login.find(':');
    const auto password = colon == std::string_view::npos ? std::string_view() : login.substr(colon + 1);
    return {std::string(scheme) + std::string(authority.substr(at + 1)), decoded(login.substr(0, colon)),
            SecretText(decoded(password))};
}

bool is_reached_directly(std::string_view server, std::string_view no_proxy) {
    const auto target = target_of(server);
    if (target.host == "localhost" || target.host.starts_with("127.")) return true;
    while (!no_proxy.empty()) {
        const auto comma = no_proxy.find(',');
        if (covers(lower(trimmed(no_proxy.substr(0, comma))), target)) return true;
        if (comma == std::string_view::npos) break;
        no_proxy.remove_prefix(comma + 1);
    }
    return false;
}

}  // namespace lockkeeper::kube
