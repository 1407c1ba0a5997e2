#include "support/cutting_proxy.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace lockkeeper::tests {
namespace {

constexpr int tick = 5;  // ms between two looks at the stop token
constexpr int buffer = 32'768;

struct Authority {
    std::size_t port_begin;
    std::size_t port_end;
};

Authority find_port(const std::string& url) {
    const auto host = url.find("@127.0.0.1:");
    if (host == std::string::npos) throw std::runtime_error("the test's server is not on 127.0.0.1");
    const auto begin = host + std::string("@127.0.0.1:").size();
    return {begin, url.find_first_not_of("0123456789", begin)};
}

std::uint32_t read_number(const std::string& bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) number = number << 8U | static_cast<unsigned char>(bytes[at + i]);
    return number;
}

bool send_all(const Socket& socket, const char* bytes, std::size_t size) {
    while (size > 0) {
        const auto sent = ::send(socket.descriptor(), bytes, size, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}

}  // namespace

/// One client's connection. What has been read and is not yet a whole message stands in `pending`.
struct CuttingProxy::Link {
    Socket client;
    Socket server;
    std::string pending[2]{};  // NOLINT(*-avoid-c-arrays): by index_of
    bool started = false;      ///< the client's first message has no type byte
    bool silent = false;
    bool slow = false;
    bool counted = true;

    /// The size of the first message, once it is known.
    std::optional<std::size_t> message_size(Direction direction) const {
        const auto& bytes = pending[index_of(direction)];
        const std::size_t type = direction == Direction::ToServer && !started ? 0 : 1;
        if (bytes.size() < type + 4) return std::nullopt;
        return type + read_number(bytes, type);
    }
};

CuttingProxy::CuttingProxy(const std::string& url, std::optional<Cut> cut, std::chrono::milliseconds delay)
    : listening_(listen_on_loopback()), url_(url), cut_(std::move(cut)), delay_(delay) {
    const auto [begin, end] = find_port(url);
    // For each connection that is accepted: not much fits into a link that has fallen silent.
    ::setsockopt(listening_.descriptor(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    server_port_ = static_cast<std::uint16_t>(std::stoi(url.substr(begin, end - begin)));
    url_.replace(begin, end - begin, std::to_string(port_of(listening_)));
    accepting_ = std::jthread([this](const std::stop_token& stop) { accept_all(stop); });
}

void CuttingProxy::accept_all(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        pollfd event{listening_.descriptor(), POLLIN, 0};
        if (::poll(&event, 1, tick) <= 0) continue;
        Socket client(::accept4(listening_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!client) continue;
        const int on = 1;
        ::setsockopt(client.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        links_.emplace_back(
            [this, socket = std::move(client)](const std::stop_token& end) mutable { serve(std::move(socket), end); });
    }
    links_.clear();
}

void CuttingProxy::serve(Socket client, const std::stop_token& stop) {
    Link link{std::move(client), connect_to_loopback(server_port_)};
    bool open = static_cast<bool>(link.server);
    while (open && !stop.stop_requested()) {
        if (link.silent) {
            ::poll(nullptr, 0, tick);
            continue;
        }
        std::array<pollfd, 2> events{{{link.client.descriptor(), POLLIN, 0}, {link.server.descriptor(), POLLIN, 0}}};
        if (::poll(events.data(), events.size(), tick) <= 0) continue;
        if (events[0].revents != 0) open = forward(link, Direction::ToServer);
        if (open && !link.silent && events[1].revents != 0) open = forward(link, Direction::ToClient);
    }
}

/// Reads what has come and passes on the whole messages of it. False when the connection is to be closed.
bool CuttingProxy::forward(Link& link, Direction direction) {
    const auto& from = direction == Direction::ToServer ? link.client : link.server;
    std::array<char, 65536> bytes{};
    const auto count = ::recv(from.descriptor(), bytes.data(), bytes.size(), 0);
    if (count <= 0) return false;
    if (delay_.count() > 0) std::this_thread::sleep_for(delay_);
    auto& pending = link.pending[index_of(direction)];
    pending.append(bytes.data(), static_cast<std::size_t>(count));
    for (auto size = link.message_size(direction); size && *size <= pending.size() && !link.silent;
         size = link.message_size(direction)) {
        if (!pass_message(link, direction, *size)) return false;
        pending.erase(0, *size);
        if (direction == Direction::ToServer) link.started = true;
    }
    return true;
}

bool CuttingProxy::silences_watch(const Link& link, std::string_view message) {
    if (link.counted || !cut_ || cut_->watch_falls_silent_at.empty()) return false;
    return message.find(cut_->watch_falls_silent_at) != std::string_view::npos && !has_silenced_watch_.exchange(true);
}

bool CuttingProxy::pass_message(Link& link, Direction direction, std::size_t size) {
    const auto& bytes = link.pending[index_of(direction)];
    const auto message = std::string_view(bytes).substr(0, size);
    if (direction == Direction::ToServer && !link.started) {
        link.counted = message.find("lockkeeper:watch") == std::string_view::npos;
    }
    if (silences_watch(link, message)) {
        link.silent = true;
        return true;
    }
    const auto number = link.counted ? counts_[index_of(direction)]++ : counts_[index_of(direction)].load();
    const bool cut = link.counted && cut_ && cut_->direction == direction && cut_->message == number;
    if (link.slow && direction == Direction::ToServer) ::poll(nullptr, 0, 1'000);
    if (!cut || cut_->moment == Moment::After || cut_->manner == Manner::Slowness) {
        const auto& to = direction == Direction::ToServer ? link.server : link.client;
        if (!send_all(to, bytes.data(), size)) return false;
    }
    if (!cut) return true;
    has_cut_ = true;
    link.silent = cut_->manner == Manner::Silence;
    link.slow = cut_->manner == Manner::Slowness;
    return link.silent || link.slow;
}

}  // namespace lockkeeper::tests
