#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace lockkeeper::app {

/// The request of a probe or of a scraper: all that is asked of the server is to show something.
struct ProbeRequest {
    std::string path;  ///< as sent, without the query
    enum class Method { Get, Head };
    Method method = Method::Get;
};

/// More bytes are needed.
struct IncompleteRequest {};

/// Nothing that the server answers; the status says why.
struct RefusedRequest {
    int status = 400;
};

using RequestHead = std::variant<IncompleteRequest, ProbeRequest, RefusedRequest>;

/// A head that is longer is refused.
constexpr std::size_t longest_request_head = std::size_t{8} << 10U;

/// What the first bytes of a connection ask for, by RFC 9112. Header fields and a body mean nothing here.
RequestHead read_request_head(std::string_view bytes);

/// What the server says to a request.
struct ProbeAnswer {
    int status = 200;
    std::string body;
    std::string content_type = "text/plain; charset=utf-8";
};

/// The whole answer as bytes, the last ones of their connection.
std::string to_http(const ProbeAnswer& answer, ProbeRequest::Method method);

}  // namespace lockkeeper::app
