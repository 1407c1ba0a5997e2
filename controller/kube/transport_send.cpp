#include "kube/transport.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string read_body(ResponseStream& stream, TimePoint until, std::size_t largest, const std::stop_token& stop) {
    std::string body;
    while (true) {
        const auto left = std::chrono::duration_cast<milliseconds>(until - steady_clock::now());
        auto bytes = stream.read(std::max(left, milliseconds(0)), stop);
        if (bytes.empty()) return body;
        if (body.empty()) {
            body = std::move(bytes);  // mostly it is all of it
        } else {
            body += bytes;
        }
        if (body.size() > largest) {
            throw TransportError(TransportError::Kind::Garbled,
                                 "the answer is longer than " + std::to_string(largest) + " bytes");
        }
    }
}

}  // namespace

HttpResponse Transport::send(const HttpRequest& request, const std::stop_token& stop) {
    const auto until = steady_clock::now() + request.deadline;
    const auto stream = begin(request, ReturnWith::End, stop);
    try {
        return {stream->head(), read_body(*stream, until, largest_body_, stop)};
    } catch (const TransportError& error) {
        throw TransportError(error.kind(), request.method + " " + request.path + ": " + error.what());
    }
}

}  // namespace lockkeeper::kube
