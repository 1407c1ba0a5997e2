#include "app/probe_connection.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <exception>
#include <string_view>

namespace lockkeeper::app {
namespace {

constexpr int most_reads = 16;
using Buffer = std::array<char, 4096>;

bool would_block() {
    return errno == EAGAIN || errno == EINTR;
}

/// The answer to a request that is complete or hopeless; nothing while it is neither.
std::string answer_to(std::string_view bytes, const ProbeHandler& handler) {
    const auto head = read_request_head(bytes);
    if (const auto* refused = std::get_if<RefusedRequest>(&head)) {
        return to_http({refused->status, {}}, ProbeRequest::Method::Get);
    }
    const auto* request = std::get_if<ProbeRequest>(&head);
    if (request == nullptr) return {};
    try {
        return to_http(handler(request->path), request->method);
    } catch (const std::exception&) {
        return to_http({500, "the answer could not be made\n"}, request->method);
    }
}

}  // namespace

ProbeConnection::Waits ProbeConnection::go_on(const ProbeHandler& handler) {
    switch (state_) {
        case State::Reading:
            return read(handler);
        case State::Writing:
            return write();
        case State::Discarding:
            return discard();
    }
    return Waits::ForNothing;
}

ProbeConnection::Waits ProbeConnection::read(const ProbeHandler& handler) {
    Buffer buffer;  // NOLINT(*-member-init): filled by recv
    while (true) {
        const auto count = ::recv(socket_.number(), buffer.data(), buffer.size(), 0);
        if (count < 0 && would_block()) return Waits::ToRead;
        if (count <= 0) return Waits::ForNothing;
        request_.append(buffer.data(), static_cast<std::size_t>(count));
        answer_ = answer_to(request_, handler);
        if (answer_.empty()) continue;
        request_ = {};
        state_ = State::Writing;
        return write();
    }
}

ProbeConnection::Waits ProbeConnection::write() {
    while (written_ < answer_.size()) {
        const auto count = ::send(socket_.number(), answer_.data() + written_, answer_.size() - written_, MSG_NOSIGNAL);
        if (count < 0 && would_block()) return Waits::ToWrite;
        if (count < 0) return Waits::ForNothing;
        written_ += static_cast<std::size_t>(count);
    }
    answer_ = {};
    ::shutdown(socket_.number(), SHUT_WR);
    state_ = State::Discarding;
    return discard();
}

ProbeConnection::Waits ProbeConnection::discard() {
    Buffer buffer;  // NOLINT(*-member-init): filled by recv
    for (int reads = 0; reads < most_reads; ++reads) {
        const auto count = ::recv(socket_.number(), buffer.data(), buffer.size(), 0);
        if (count < 0 && would_block()) break;
        if (count <= 0) return Waits::ForNothing;
    }
    return Waits::ToRead;
}

}  // namespace lockkeeper::app
