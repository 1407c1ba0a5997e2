#include "support/connect_proxy.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <utility>

namespace lockkeeper::tests {
namespace {

std::string read_head(int client) {
    std::string head;
    char byte = 0;
    while (!head.ends_with("\r\n\r\n") && ::recv(client, &byte, 1, 0) == 1) head += byte;
    return head;
}

std::string value_of(const std::string& head, const std::string& name) {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

bool send_all(int socket, const char* bytes, std::size_t count) {
    while (count > 0) {
        const auto sent = ::send(socket, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes += sent;
        count -= static_cast<std::size_t>(sent);
    }
    return true;
}

/// False at the end of either.
bool pump(int from, int to) {
    std::array<char, 16'384> bytes{};
    const auto count = ::recv(from, bytes.data(), bytes.size(), 0);
    return count > 0 && send_all(to, bytes.data(), static_cast<std::size_t>(count));
}

void join(int client, int server) {
    while (true) {
        std::array<pollfd, 2> both{
            {{.fd = client, .events = POLLIN, .revents = 0}, {.fd = server, .events = POLLIN, .revents = 0}}};
        if (::poll(both.data(), both.size(), -1) < 0) return;
        if (both[0].revents != 0 && !pump(client, server)) return;
        if (both[1].revents != 0 && !pump(server, client)) return;
    }
}

}  // namespace

ConnectProxy::ConnectProxy(std::uint16_t port, int status)
    : port_(port), status_(status), listening_(listen_on_loopback()), acceptor_([this] { accept_all(); }) {}

ConnectProxy::~ConnectProxy() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (const int descriptor : open_) ::shutdown(descriptor, SHUT_RDWR);
    }
    ::shutdown(listening_.descriptor(), SHUT_RDWR);
    acceptor_.join();
    for (auto& tunnel : tunnels_) tunnel.join();
}

std::string ConnectProxy::address() const {
    return "127.0.0.1:" + std::to_string(port_of(listening_));
}

std::vector<ConnectProxy::Seen> ConnectProxy::seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
}

void ConnectProxy::accept_all() {
    while (true) {
        Socket client(::accept4(listening_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
        const std::lock_guard lock(mutex_);
        if (!client || stopping_) return;
        open_.push_back(client.descriptor());
        tunnels_.emplace_back([this, socket = std::move(client)]() mutable { serve(std::move(socket)); });
    }
}

void ConnectProxy::serve(Socket client) {
    const auto head = read_head(client.descriptor());
    std::string method;
    std::string target;
    std::istringstream(head) >> method >> target;
    const auto server = connect_to_loopback(port_);
    {
        const std::lock_guard lock(mutex_);
        seen_.push_back({target, value_of(head, "Proxy-Authorization")});
        if (!stopping_ && server) open_.push_back(server.descriptor());
    }
    const auto answer = "HTTP/1.1 " + std::to_string(method == "CONNECT" ? status_ : 405) + " Proxied\r\n\r\n";
    if (send_all(client.descriptor(), answer.data(), answer.size()) && status_ == 200 && server) {
        join(client.descriptor(), server.descriptor());
    }
    const std::lock_guard lock(mutex_);
    std::erase(open_, client.descriptor());
    std::erase(open_, server.descriptor());
}

}  // namespace lockkeeper::tests
