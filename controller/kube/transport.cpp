#include "kube/transport.hpp"

#include "kube/response_channel.hpp"
#include "kube/server_url.hpp"
#include "kube/tls_material.hpp"
#include "kube/tls_settings.hpp"
#include "kube/transport_failure.hpp"

#include <cpprest/http_client.h>
#include <cpprest/streams.h>
#include <pplx/threadpool.h>

#include <mutex>
#include <utility>

// The one file that knows cpprestsdk. It reads as the answer to that library's traps, each named where it is answered.

namespace lockkeeper::kube {
namespace {

namespace http = web::http;
namespace streams = concurrency::streams;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds grace_after_cancel{1'000};

/// Trap: the library's timers, its cancellation and its reads touch a connection from whatever thread of its pool is
/// free, and a cancel() from the outside closes a TLS stream under a running read. With one thread in the pool, and
/// everything of ours that touches a connection posted to it, that cannot happen. In return nothing may block there.
/// To be called before the first client is made, which would start the pool with its own number of threads.
void start_network_thread() {
    static std::once_flag once;
    std::call_once(once, [] { crossplat::threadpool::initialize_with_threads(1); });
}

void on_network_thread(std::function<void()> work) {
    crossplat::threadpool::shared_instance().service().post(std::move(work));
}

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

/// Where the library writes a body to. Trap: its own buffer takes without bound whatever the server sends and nobody
/// reads; here a write that finds the channel full is a task that completes when there is room.
class BodySink final : public streams::details::streambuf_state_manager<std::uint8_t> {
    using Mode = std::ios_base::openmode;

  public:
    explicit BodySink(std::shared_ptr<ResponseChannel> channel)
        : streambuf_state_manager(std::ios_base::out), channel_(std::move(channel)) {}

    bool can_seek() const override { return false; }
    bool has_size() const override { return false; }
    std::size_t buffer_size(Mode /*mode*/) const override { return 0; }
    void set_buffer_size(std::size_t /*size*/, Mode /*mode*/) override {}
    std::size_t in_avail() const override { return 0; }
    pos_type getpos(Mode /*mode*/) const override { return traits::eof(); }
    pos_type seekpos(pos_type /*pos*/, Mode /*mode*/) override { return traits::eof(); }
    pos_type seekoff(off_type /*offset*/, std::ios_base::seekdir /*way*/, Mode /*mode*/) override {
        return traits::eof();
    }
    bool acquire(std::uint8_t*& /*pointer*/, std::size_t& /*count*/) override { return false; }
    void release(std::uint8_t* /*pointer*/, std::size_t /*count*/) override {}

  private:
    /// Trap: a write that fails makes the library close the stream and wait for that on the network's thread, which
    /// then waits for itself for ever. So no write fails: what nobody reads is dropped, until the cancel arrives.
    pplx::task<std::size_t> _putn(const std::uint8_t* bytes, std::size_t count) override {
        const auto pushed = channel_->push(std::string_view(reinterpret_cast<const char*>(bytes), count));
        if (pushed != ResponseChannel::Pushed::Full) return pplx::task_from_result(count);
        const pplx::task_completion_event<std::size_t> room;
        channel_->when_room([room, count] { room.set(count); });
        return pplx::create_task(room);
    }

    pplx::task<int_type> _putc(std::uint8_t byte) override {
        return _putn(&byte, 1).then([byte](std::size_t) { return static_cast<int_type>(byte); });
    }
    pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
    std::uint8_t* _alloc(std::size_t /*count*/) override { return nullptr; }
    void _commit(std::size_t /*count*/) override {}

    // Never read from.
    pplx::task<int_type> _bumpc() override { return nothing(); }
    int_type _sbumpc() override { return traits::eof(); }
    pplx::task<int_type> _getc() override { return nothing(); }
    int_type _sgetc() override { return traits::eof(); }
    pplx::task<int_type> _nextc() override { return nothing(); }
    pplx::task<int_type> _ungetc() override { return nothing(); }
    pplx::task<std::size_t> _getn(std::uint8_t* /*pointer*/, std::size_t /*count*/) override {
        return pplx::task_from_result<std::size_t>(0);
    }
    std::size_t _scopy(std::uint8_t* /*pointer*/, std::size_t /*count*/) override { return 0; }
    static pplx::task<int_type> nothing() { return pplx::task_from_result<int_type>(traits::eof()); }

    std::shared_ptr<ResponseChannel> channel_;
};

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

    void wait_for_head(milliseconds deadline, const std::stop_token& stop) {
        head_ = channel_->wait_for_head(steady_clock::now() + deadline, stop);
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
    CpprestTransport(const ClientConfig& config, const Options& options)
        : Transport(options.largest_body),
          options_(options),
          server_(config.server),
          prefix_(prefix_of(config.server)),
          host_header_(config.tls_server_name),
          material_(std::make_shared<FreshTlsMaterial>(config)),
          diagnosis_(std::make_shared<TlsDiagnosis>()),
          settings_(settings_of(config)),
          client_(new_client()) {}

    ~CpprestTransport() override { let_go(std::move(client_)); }
    CpprestTransport(const CpprestTransport&) = delete;
    CpprestTransport& operator=(const CpprestTransport&) = delete;

    std::unique_ptr<ResponseStream> open(const HttpRequest& request, const std::stop_token& stop) override {
        material_->refresh();
        auto exchange = std::make_unique<Exchange>(options_.stream_buffer, diagnosis_);
        try {
            exchange->start(client(), to_library(request));
            // Trap: the library's time-out starts anew with every step and every chunk. This one is for all of it.
            exchange->wait_for_head(request.deadline, stop);
        } catch (const TransportError& error) {
            if (error.kind() == TransportError::Kind::Lost) forget_connections();
            throw TransportError(error.kind(), request.method + " " + server_ + request.path + ": " + error.what());
        }
        return exchange;
    }

  private:
    using Client = std::shared_ptr<http::client::http_client>;

    http::client::http_client_config settings_of(const ClientConfig& config) const {
        http::client::http_client_config settings;
        settings.set_timeout(options_.inactivity);
        settings.set_max_redirects(0);  // a redirect would take the token along
        settings.set_validate_certificates(!config.insecure_skip_tls_verify);
        const auto host = config.tls_server_name.empty() ? host_of(config.server) : config.tls_server_name;
        settings.set_tlsext_sni_enabled(!is_ipv4_address(host));  // RFC 6066: names only
        // Trap: the library loads the system's authorities before this, for every new connection.
        settings.set_ssl_context_callback(
            [material = material_, diagnosis = diagnosis_, host](boost::asio::ssl::context& context) {
                apply_tls(context.native_handle(), *material->current(), host, diagnosis);
            });
        return settings;
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

std::unique_ptr<Transport> connect_transport(const ClientConfig& config, const Transport::Options& options) {
    try {
        return std::make_unique<CpprestTransport>(config, options);
    } catch (const web::uri_exception&) {
        throw InvalidClientConfig(config.origin + ": \"" + config.server + "\" is no address");
    }
}

}  // namespace lockkeeper::kube
