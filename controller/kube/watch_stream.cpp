#include "kube/watch_stream.hpp"

#include "kube/api_error.hpp"

#include <utility>

namespace lockkeeper::kube {
namespace {

std::string read_or_idle(ResponseStream& stream, std::chrono::milliseconds idle_limit, const std::stop_token& stop) {
    try {
        return stream.read(idle_limit, stop);
    } catch (const TransportError& error) {
        if (error.kind() != TransportError::Kind::Timeout) throw;
        throw TransportError(TransportError::Kind::Idle, "the watch has been silent for too long");
    }
}

}  // namespace

WatchStream::WatchStream(std::unique_ptr<ResponseStream> stream, std::chrono::milliseconds idle_limit)
    : stream_(std::move(stream)), idle_limit_(idle_limit), lines_(longest_line) {}

std::optional<WatchEvent> WatchStream::next(const std::stop_token& stop) {
    while (true) {
        if (auto line = lines_.next()) {
            auto event = decode_watch_event(std::move(*line));
            if (event.type == WatchEvent::Type::Error) throw ApiError("watch", Status::from_json(event.object));
            return event;
        }
        const auto bytes = read_or_idle(*stream_, idle_limit_, stop);
        if (bytes.empty()) {
            if (lines_.has_remainder())
                throw TransportError(TransportError::Kind::Lost, "the watch ended inside a line");
            return std::nullopt;
        }
        lines_.feed(bytes);
    }
}

}  // namespace lockkeeper::kube
