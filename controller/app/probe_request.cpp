#include "app/probe_request.hpp"

namespace lockkeeper::app {
namespace {

std::string_view reason_of(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 400:
            return "Bad Request";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 431:
            return "Request Header Fields Too Large";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Internal Server Error";
    }
}

RequestHead read_request_line(std::string_view line) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return RefusedRequest{400};
    const auto method = line.substr(0, first);
    const auto target = line.substr(first + 1, last - first - 1);
    const auto version = line.substr(last + 1);
    if (!version.starts_with("HTTP/") || !target.starts_with('/')) return RefusedRequest{400};
    if (target.find(' ') != std::string_view::npos) return RefusedRequest{400};
    if (!version.starts_with("HTTP/1.")) return RefusedRequest{505};
    if (method != "GET" && method != "HEAD") return RefusedRequest{405};
    return ProbeRequest{std::string(target.substr(0, target.find('?'))),
                        method == "GET" ? ProbeRequest::Method::Get : ProbeRequest::Method::Head};
}

}  // namespace

RequestHead read_request_head(std::string_view bytes) {
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) {
        if (bytes.size() > longest_request_head) return RefusedRequest{431};
        return IncompleteRequest{};
    }
    if (end > longest_request_head) return RefusedRequest{431};
    return read_request_line(bytes.substr(0, bytes.find("\r\n")));
}

std::string to_http(const ProbeAnswer& answer, ProbeRequest::Method method) {
    std::string bytes = "HTTP/1.1 " + std::to_string(answer.status) + " ";
    bytes += reason_of(answer.status);
    bytes += "\r\nContent-Type: " + answer.content_type;
    bytes += "\r\nContent-Length: " + std::to_string(answer.body.size());
    bytes += "\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
    if (method == ProbeRequest::Method::Get) bytes += answer.body;
    return bytes;
}

}  // namespace lockkeeper::app
