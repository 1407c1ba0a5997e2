#include "kube/transport.hpp"

#include "kube/body_sink.hpp"
#include "kube/network_thread.hpp"
#include "kube/proxy.hpp"
#include "kube/response_channel.hpp"
#include "kube/server_url.hpp"
#include "kube/tls_material.hpp"
#include "kube/tls_settings.hpp"
#include "kube/transport_failure.hpp"

#include <cpprest/http_client.h>
#include <cpprest/streams.h>

#include <mutex>
#include <utility>

// This file, body_sink.hpp and network_thread.cpp are all that knows cpprestsdk. They read as the answer to that
// library's traps, each named where it is answered.

namespace lockkeeper::kube {
namespace {

namespace http = web::http;
namespace streams = concurrency::streams;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds grace_after_cancel{1'000};

/// Trap: the library makes a buffer of this size for every answer, 64 KiB unless told, and with every one that it frees
/// the allocator tidies up all its memory. A TLS record is no larger than this.
constexpr std::size_t largest_read = std::size_t{16} << 10U;

TransportFailure failure_of(const std::exception_ptr& thrown, TlsDiagnosis& diagnosis) {
    try {
        std::rethrow_exception(thrown);
    } catch (const http::http_exception& error) {
        return transport_failure(error.what(), error.error_code(), diagnosis.take());
    } catch (const InvalidClientConfig& error) {
        return {TransportFailure::Kind::Tls, error.what()};
    } catch (const std::exception& error) {
        return {TransportFailure::Kind::Lost, error.what()};
    }
}

HttpHead head_of(const http::http_response& response) {
    HttpHead head{response.status_code(), {}};
    for (const auto& [name, value] : response.headers()) head.set(name, value);
    return head;
}

/// One request and its answer. The library's callbacks share ownership of the channel alone, so that whoever waits may
/// leave when his time is up.
class Exchange final : public ResponseStream {
  public:
    Exchange(std::size_t buffer, std::shared_ptr<TlsDiagnosis> diagnosis)
        : channel_(std::make_shared<ResponseChannel>(buffer)), diagnosis_(std::move(diagnosis)) {}
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    /// Trap: a response whose body is not read to its end keeps its connection. So it is ended here; and since a write
    /// that waits for room has no socket operation that a cancel could end, abandon() ends that one.
    ~Exchange() override {
        if (channel_->wait_finished(milliseconds(0))) return;
        channel_->abandon();
        on_network_thread([cancel = cancel_] { cancel.cancel(); });
        channel_->wait_finished(grace_after_cancel);  // longer only where a name is being resolved
    }

    void start(const std::shared_ptr<http::client::http_client>& client, http::http_request request) {
        auto sink = std::make_shared<BodySink>(channel_);
        request.set_response_stream(streams::ostream(streams::streambuf<std::uint8_t>(std::move(sink))));
        on_network_thread([client, request, token = cancel_.get_token(), channel = channel_, diagnosis = diagnosis_] {
            run(*client, request, token, {channel, diagnosis});
        });
    }

    void wait_for(Transport::ReturnWith what, milliseconds deadline, const std::stop_token& stop) {
        const auto until = steady_clock::now() + deadline;
        if (what == Transport::ReturnWith::End) channel_->wait_for_end(until, stop);
        head_ = channel_->wait_for_head(until, stop);
    }

    const HttpHead& head() const override { return head_; }

    std::string read(milliseconds patience, const std::stop_token& stop) override {
        return channel_->read(steady_clock::now() + patience, stop);
    }

  private:
    struct Ends {
        std::shared_ptr<ResponseChannel> channel;
        std::shared_ptr<TlsDiagnosis> diagnosis;

        /// Does the work, whose exception is the end of the channel.
        template <typename Work>
        void attempt(Work work) const {
            try {
                work();
            } catch (...) {
                channel->finish(failure_of(std::current_exception(), *diagnosis));
            }
        }
    };

    /// Trap: a task whose exception nobody looks at ends the process. Both tasks, for the head and for the body, end in
    /// a continuation that takes the task itself and looks.
    static void run(http::client::http_client& client, const http::http_request& request,
                    const pplx::cancellation_token& token, const Ends& ends) {
        using Answer = pplx::task<http::http_response>;
        ends.attempt([&] {
            client.request(request, token).then([ends](const Answer& answer) {
                ends.attempt([&] {
                    const auto response = answer.get();
                    ends.channel->set_head(head_of(response));
                    response.content_ready().then([ends](const Answer& body) {
                        ends.attempt([&] {
                            body.get();
                            ends.channel->finish({});
                        });
                    });
                });
            });
        });
    }

    std::shared_ptr<ResponseChannel> channel_;
    std::shared_ptr<TlsDiagnosis> diagnosis_;
    /// Trap: a source that lives long gathers registrations. One for each request.
    pplx::cancellation_token_source cancel_;
    HttpHead head_;
};

class CpprestTransport final : public Transport {
  public:
    CpprestTransport(const ClientConfig& config, const Options& options, std::shared_ptr<Login> login)
        : Transport(options.largest_body),
          options_(options),
          server_(config.server),
          prefix_(prefix_of(config.server)),
          host_header_(config.tls_server_name),
          material_(std::make_shared<FreshTlsMaterial>(config, std::move(login))),
          diagnosis_(std::make_shared<TlsDiagnosis>()),
          settings_(settings_of(config)),
          client_(new_client()) {}

    ~CpprestTransport() override { let_go(std::move(client_)); }
    CpprestTransport(const CpprestTransport&) = delete;
    CpprestTransport& operator=(const CpprestTransport&) = delete;

    std::unique_ptr<ResponseStream> begin(const HttpRequest& request, ReturnWith what,
                                          const std::stop_token& stop) override {
        if (material_->refresh(stop) == FreshTlsMaterial::Connections::MustGo) forget_connections();
        auto exchange = std::make_unique<Exchange>(options_.stream_buffer, diagnosis_);
        try {
            exchange->start(client(), to_library(request));
            // Trap: the library's time-out starts anew with every step and every chunk. This one is for all of it.
            exchange->wait_for(what, request.deadline, stop);
        } catch (const TransportError& error) {
            if (error.kind() == TransportError::Kind::Lost) forget_connections();
            if (error.kind() == TransportError::Kind::Tls) material_->doubt();
            throw TransportError(error.kind(), request.method + " " + server_ + request.path + ": " + error.what());
        }
        return exchange;
    }

  private:
    using Client = std::shared_ptr<http::client::http_client>;

    http::client::http_client_config settings_of(const ClientConfig& config) const {
        http::client::http_client_config settings;
        settings.set_timeout(options_.inactivity);
        settings.set_chunksize(largest_read);
        settings.set_max_redirects(0);  // a redirect would take the token along
        settings.set_validate_certificates(!config.insecure_skip_tls_verify);
        if (!config.proxy_url.empty()) settings.set_proxy(proxy_of(config));
        const auto host = config.tls_server_name.empty() ? host_of(config.server) : config.tls_server_name;
        settings.set_tlsext_sni_enabled(!is_ipv4_address(host));  // RFC 6066: names only
        settings.set_ssl_context_callback(
            [material = material_, diagnosis = diagnosis_, host](boost::asio::ssl::context& context) {
                apply_tls(context.native_handle(), *material->current(), host, diagnosis);
            });
        return settings;
    }

    /// Trap: of the environment's proxies the library knows nothing, so they are in the configuration by now.
    static web::web_proxy proxy_of(const ClientConfig& config) {
        const auto proxy = Proxy::parse(config.proxy_url.reveal());
        web::web_proxy converted(web::uri(proxy.address));
        if (!proxy.user.empty()) converted.set_credentials({proxy.user, proxy.password.reveal()});
        return converted;
    }

    Client new_client() const {
        start_network_thread();
        const auto authority = server_.substr(0, server_.size() - prefix_.size());
        return std::make_shared<http::client::http_client>(web::uri(authority), settings_);
    }

    Client client() const {
        const std::lock_guard lock(mutex_);
        return client_;
    }

    /// Trap: of the kept connections to a server that has restarted each fails in its turn. One that was lost says that
    /// the others may be dead too, and they go with the client that keeps them.
    void forget_connections() {
        auto fresh = new_client();
        const std::lock_guard lock(mutex_);
        let_go(std::exchange(client_, std::move(fresh)));
    }

    /// Trap: the pool is a static of the library. What belongs to a client goes on its thread, before the end of main.
    static void let_go(Client client) {
        on_network_thread([client = std::move(client)]() mutable { client.reset(); });
    }

    http::http_request to_library(const HttpRequest& request) const {
        http::http_request converted(request.method);
        converted.set_request_uri(web::uri(prefix_ + request.target()));
        for (const auto& [name, value] : request.headers) converted.headers().add(name, value);
        // Trap: the library has no other way to check a certificate for another name than the address's.
        if (!host_header_.empty()) converted.headers().add("Host", host_header_);
        if (!request.body.empty()) converted.set_body(request.body);  // keeps our Content-Type
        return converted;
    }

    const Options options_;
    const std::string server_;
    const std::string prefix_;
    const std::string host_header_;
    const std::shared_ptr<FreshTlsMaterial> material_;
    const std::shared_ptr<TlsDiagnosis> diagnosis_;
    const http::client::http_client_config settings_;
    mutable std::mutex mutex_;
    Client client_;
};

}  // namespace

std::unique_ptr<Transport> connect_transport(const ClientConfig& config, const Transport::Options& options,
                                             std::shared_ptr<Login> login) {
    static SystemClock clock;
    if (!login) login = login_of(config, clock);
    try {
        return std::make_unique<CpprestTransport>(config, options, std::move(login));
    } catch (const web::uri_exception&) {
        throw InvalidClientConfig(config.origin + ": the server \"" + config.server +
                                  "\", or its proxy, is no address");
    }
}

}  // namespace lockkeeper::kube
