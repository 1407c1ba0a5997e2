#pragma once

#include <chrono>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace lockkeeper::kube {

using HttpHeaders = std::map<std::string, std::string>;

struct HttpRequest {
    std::string method;
    std::string path;                                        ///< percent-encoded
    std::vector<std::pair<std::string, std::string>> query;  ///< not yet encoded
    HttpHeaders headers;
    std::string body;
    /// From the call to the last byte of the answer; for a stream to its headers.
    std::chrono::milliseconds deadline{30'000};

    /// Path and query, encoded.
    std::string target() const;
};

struct HttpHead {
    int status = 0;
    HttpHeaders headers;  ///< names in lower case

    void set(std::string name, const std::string& value);
    /// A header's value, or nothing.
    std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string() : found->second;
    }
};

struct HttpResponse {
    HttpHead head;
    std::string body;
};

/// Why there is no usable answer. It is about the way to the server, not about what the server said.
struct TransportFailure {
    enum class Kind {
        Unreachable,  ///< no connection came about: refused, no route, no such name
        Tls,          ///< no trust: the handshake failed
        Lost,         ///< the connection ended before the answer did; the server may have acted
        Timeout,      ///< the deadline passed; the server may have acted
        Idle,         ///< a stream brought nothing for its idle limit: the peer is taken for dead
        Garbled,      ///< an answer that cannot be read, or is longer than allowed
        Interrupted,  ///< a stop was requested
        NoLogin,      ///< the program that logs us in failed; nothing was sent
    };
    Kind kind;
    std::string message;
};

class TransportError : public std::runtime_error {
  public:
    using Kind = TransportFailure::Kind;

    TransportError(Kind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
    explicit TransportError(const TransportFailure& failure) : TransportError(failure.kind, failure.message) {}

    Kind kind() const { return kind_; }

  private:
    Kind kind_;
};

}  // namespace lockkeeper::kube
