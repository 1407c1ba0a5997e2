#include "support/faulty_gateway.hpp"

#include "kube/base64.hpp"

#include <array>

namespace lockkeeper::tests {
namespace {

using namespace std::chrono_literals;

kube::HttpRequest to_real(const SeenRequest& seen) {
    kube::HttpRequest request;
    request.method = seen.method;
    request.path = seen.path;
    for (char separator = '?'; const auto& [name, value] : seen.query) {
        request.path += std::exchange(separator, '&') + name + "=" + value;  // encoded already
    }
    for (const std::string name : {"accept", "content-type", "user-agent"}) {
        if (seen.headers.contains(name)) request.headers[name] = seen.headers.at(name);
    }
    request.body = seen.body;
    return request;
}

Reply::Headers headers_of(const kube::HttpHead& head) {
    Reply::Headers headers;
    for (const auto& [name, label] :
         {std::pair("content-type", "Content-Type"), std::pair("retry-after", "Retry-After")}) {
        if (const auto value = head.header(name); !value.empty()) headers[label] = value;
    }
    return headers;
}

}  // namespace

std::string to_string(Fault fault) {
    static constexpr std::array names{"none",          "lost request",  "lost answer",    "throttled",
                                      "failing",       "unavailable",   "garbled answer", "truncated answer",
                                      "expired watch", "garbled watch", "cut watch",      "closed after"};
    return names.at(static_cast<std::size_t>(fault));
}

FaultyGateway::FaultyGateway(const kube::ClientConfig& real, Choose choose)
    : real_(kube::connect_transport(real, {.inactivity = 11min})),
      choose_(std::move(choose)),
      server_([this](const SeenRequest& request, Reply& reply) { answer(request, reply); }) {}

FaultyGateway::~FaultyGateway() {
    stop_.request_stop();
    server_.stop();
}

std::string FaultyGateway::kubeconfig() const {
    return "current-context: c\nclusters: [{name: k, cluster: {server: '" + server_.url() +
           "', certificate-authority-data: " + kube::encode_base64(server_.authority().certificate()) +
           "}}]\ncontexts: [{name: c, context: {cluster: k}}]\n";
}

std::map<Fault, int> FaultyGateway::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

void FaultyGateway::answer(const SeenRequest& request, Reply& reply) {
    const auto fault = choose_(request);
    {
        const std::lock_guard lock(mutex_);
        ++counts_[fault];
    }
    try {
        switch (fault) {
            case Fault::LostRequest:
                return reply.cut();
            case Fault::Throttled:
                return reply.send(429, "", {{"Retry-After", "1"}});
            case Fault::Failing:
                return reply.send(500, "");
            case Fault::Unavailable:
                return reply.send(503, "", {{"Retry-After", "1"}});
            default:
                if (is_watch(request)) return pass_watch_on(to_real(request), fault, reply);
                return pass_on(to_real(request), fault, reply);
        }
    } catch (const kube::TransportError&) {
        reply.cut();
    }
}

void FaultyGateway::pass_on(const kube::HttpRequest& request, Fault fault, Reply& reply) {
    const auto response = real_->send(request, stop_.get_token());
    switch (fault) {
        case Fault::LostAnswer:
            return reply.cut();
        case Fault::GarbledAnswer:
            return reply.send(response.head.status, "<html>busy</html>");
        case Fault::TruncatedAnswer:
            reply.begin_chunks(response.head.status);
            reply.chunk(response.body.substr(0, response.body.size() / 2));
            return reply.cut();
        case Fault::CloseAfter:
            reply.close_after();
            [[fallthrough]];
        default:
            reply.send(response.head.status, response.body, headers_of(response.head));
    }
}

void FaultyGateway::pass_watch_on(const kube::HttpRequest& request, Fault fault, Reply& reply) {
    const auto stream = real_->open(request, stop_.get_token());
    reply.begin_chunks(stream->head().status, headers_of(stream->head()));
    if (fault == Fault::ExpiredWatch) {
        reply.chunk("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}}\n");
        return reply.end_chunks();
    }
    while (reply.is_open()) {
        std::string bytes;
        try {
            bytes = stream->read(1h, stop_.get_token());
        } catch (const kube::TransportError& error) {
            if (error.kind() != kube::TransportError::Kind::Timeout) throw;
            continue;
        }
        if (bytes.empty()) return reply.end_chunks();
        if (fault == Fault::GarbledWatch) bytes = "<html>\n";
        if (fault == Fault::CutWatch) bytes.resize(bytes.size() / 2);
        reply.chunk(bytes);
        if (fault == Fault::CutWatch) return reply.cut();
    }
}

}  // namespace lockkeeper::tests
