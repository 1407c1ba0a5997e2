#include "support/query_recorder.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <optional>

namespace lockkeeper::tests {
namespace {

constexpr int tick = 20;  // ms between two looks at the stop token

std::string number(std::size_t value) {
    std::string bytes;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(value >> shift & 0xFFU);
    return bytes;
}

std::string message(char type, const std::string& body) {
    return type + number(body.size() + 4) + body;
}

std::string parameter(const std::string& name, const std::string& value) {
    return message('S', name + '\0' + value + '\0');
}

std::optional<std::string> receive(const Socket& client, std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t at = 0; at < size;) {
        const auto count = ::recv(client.descriptor(), bytes.data() + at, size - at, 0);
        if (count <= 0) return std::nullopt;
        at += static_cast<std::size_t>(count);
    }
    return bytes;
}

std::optional<std::string> receive_body(const Socket& client) {
    const auto bytes = receive(client, 4);
    if (!bytes) return std::nullopt;
    std::size_t size = 0;
    for (const char byte : *bytes) size = size << 8U | static_cast<unsigned char>(byte);
    return receive(client, size - 4);
}

void send(const Socket& client, const std::string& bytes) {
    [[maybe_unused]] const auto sent = ::send(client.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

}  // namespace

QueryRecorder::QueryRecorder()
    : listening_(listen_on_loopback()), thread_([this](const std::stop_token& stop) { serve(stop); }) {}

std::string QueryRecorder::url() const {
    return "postgresql://nobody@127.0.0.1:" + std::to_string(port_of(listening_)) +
           "/nothing?sslmode=disable&gssencmode=disable";
}

std::vector<std::string> QueryRecorder::queries() const {
    const std::lock_guard lock(mutex_);
    return queries_;
}

void QueryRecorder::serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        pollfd event{listening_.descriptor(), POLLIN, 0};
        if (::poll(&event, 1, tick) > 0) talk_to(Socket(::accept(listening_.descriptor(), nullptr, nullptr)));
    }
}

void QueryRecorder::talk_to(const Socket& client) {
    const auto ready = message('Z', "I");
    if (!receive_body(client)) return;
    send(client, message('R', number(0)) + parameter("server_version", "15.0") + parameter("client_encoding", "UTF8") +
                     parameter("standard_conforming_strings", "on") + ready);
    while (const auto type = receive(client, 1)) {
        auto body = receive_body(client);
        if (!body || *type != "Q") return;
        body->pop_back();  // its NUL
        {
            const std::lock_guard lock(mutex_);
            queries_.push_back(std::move(*body));
        }
        send(client, message('I', "") + ready);
    }
}

}  // namespace lockkeeper::tests
