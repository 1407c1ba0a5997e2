#pragma once

#include "kube/client_config.hpp"
#include "kube/clock.hpp"
#include "kube/http.hpp"
#include "kube/login.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>

namespace lockkeeper::kube {

/// An answer whose body is still coming. Ends the exchange when it goes out of scope, whatever is still outstanding.
class ResponseStream {
  public:
    virtual ~ResponseStream() = default;

    virtual const HttpHead& head() const = 0;

    /// The next bytes, at least one; none at the end. Waits for them, but not longer than `patience`: then Timeout.
    /// Throws TransportError.
    virtual std::string read(std::chrono::milliseconds patience, const std::stop_token& stop) = 0;
};

/// HTTP/1.1 requests to one server, over a pool of kept connections. Every call blocks its thread and returns within
/// two seconds of a stop. Safe from any thread.
///
/// A request may reach the server twice: one that was written to a kept connection which the server was just closing
/// is sent again silently, whatever its method (cpprestsdk, handle_failed_read_status_line). So every write must be
/// idempotent: server-side apply, names chosen by us, preconditions.
class Transport {
  public:
    struct Options {
        /// Longest silence within an answer. Not the whole time: that is HttpRequest::deadline.
        std::chrono::milliseconds inactivity{30'000};
        /// Longest body of `send`.
        std::size_t largest_body = std::size_t{256} << 20U;
        /// Bytes of a stream that may wait to be read, before the server has to wait.
        std::size_t stream_buffer = std::size_t{1} << 20U;
    };

    enum class ReturnWith {
        Head,  ///< with the status and the headers
        End,   ///< when all of the body waits to be read, or as much as may: woken once, and not with each part
    };

    virtual ~Transport() = default;

    /// Throws TransportError.
    virtual std::unique_ptr<ResponseStream> begin(const HttpRequest& request, ReturnWith what,
                                                  const std::stop_token& stop) = 0;

    /// Returns with the status and the headers. Throws TransportError.
    std::unique_ptr<ResponseStream> open(const HttpRequest& request, const std::stop_token& stop) {
        return begin(request, ReturnWith::Head, stop);
    }

    /// Returns the whole answer, whatever its status. Throws TransportError.
    HttpResponse send(const HttpRequest& request, const std::stop_token& stop);

    std::size_t largest_body() const { return largest_body_; }

  protected:
    explicit Transport(std::size_t largest_body) : largest_body_(largest_body) {}

  private:
    std::size_t largest_body_;
};

/// A transport to the server of `config`, through its proxy if it has one, with its certificates; headers such as a
/// token are the caller's matter. The client certificate is the login's, and connections made under another one end;
/// without a login it is the configuration's. Files of authorities are read again every minute, and at once when the
/// server was not trusted. Throws InvalidClientConfig.
std::unique_ptr<Transport> connect_transport(const ClientConfig& config, const Transport::Options& options,
                                             std::shared_ptr<Login> login = nullptr);

}  // namespace lockkeeper::kube
