#include "support/scripted_api_server.hpp"

#include "kube/openssl_pointers.hpp"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace lockkeeper::tests {
namespace {

std::string head_of(int status, const Reply::Headers& headers) {
    auto head = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n";
    for (const auto& [name, value] : headers) head += name + ": " + value + "\r\n";
    return head;
}

/// What a process full of small servers and their clients needs, once.
void prepare_process() {
    static const bool done = [] {
        std::signal(SIGPIPE, SIG_IGN);  // of a write to a client that is gone
        // The client's library reads all of the system's authorities for every connection, to have them replaced by the
        // test's: 20 ms each time, and ten times that under a sanitizer.
        ::setenv("SSL_CERT_FILE", "/dev/null", 1);
        return true;
    }();
    static_cast<void>(done);
}

SSL_CTX* server_context(const TestAuthority& authority, const Identity& identity) {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    const auto certificate_of = [](const std::string& pem) {
        return kube::openssl::Certificate(
            PEM_read_bio_X509(kube::openssl::memory(pem).get(), nullptr, nullptr, nullptr));
    };
    const kube::openssl::Key key(
        PEM_read_bio_PrivateKey(kube::openssl::memory(identity.key).get(), nullptr, nullptr, nullptr));
    SSL_CTX_use_certificate(context, certificate_of(identity.certificate).get());
    SSL_CTX_use_PrivateKey(context, key.get());
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate_of(authority.certificate()).get());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);  // a client's certificate is welcome, not required
    return context;
}

}  // namespace

struct ScriptedApiServer::Tls {
    SSL_CTX* context;
    explicit Tls(SSL_CTX* made) : context(made) {}
    ~Tls() { SSL_CTX_free(context); }
    Tls(const Tls&) = delete;
    Tls& operator=(const Tls&) = delete;
};

class ScriptedApiServer::Connection : public Reply {
  public:
    Connection(ScriptedApiServer& server, Socket socket, int number)
        : server_(server), socket_(std::move(socket)), number_(number), ssl_(SSL_new(server.tls_->context)) {
        SSL_set_fd(ssl_, socket_.descriptor());
        thread_ = std::thread([this] { serve(); });
    }
    ~Connection() override {
        interrupt();
        thread_.join();
        SSL_free(ssl_);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// From any thread: what this connection waits for ends.
    void interrupt() const { ::shutdown(socket_.descriptor(), SHUT_RDWR); }
    bool is_over() const { return over_; }

    void send(int status, const std::string& body, const Headers& headers) override {
        auto all = headers;
        all.emplace("Content-Type", "application/json");
        all.emplace("Content-Length", std::to_string(body.size()));
        write(head_of(status, all) + "\r\n" + body);
    }
    void begin_chunks(int status, const Headers& headers) override {
        auto all = headers;
        all.emplace("Content-Type", "application/json");
        all.emplace("Transfer-Encoding", "chunked");
        write(head_of(status, all) + "\r\n");
    }
    void chunk(const std::string& bytes) override {
        std::ostringstream size;
        size << std::hex << bytes.size();
        write(size.str() + "\r\n" + bytes + "\r\n");
    }
    void end_chunks() override { write("0\r\n\r\n"); }
    bool is_open() const override { return !closing_; }
    void cut() override {
        closing_ = true;
        interrupt();  // without TLS's farewell, as of a process that was killed
    }
    void close_after() override { closing_ = true; }
    void stay_silent() override {
        std::array<char, 256> ignored{};
        while (SSL_read(ssl_, ignored.data(), static_cast<int>(ignored.size())) > 0) {
        }
        closing_ = true;
    }

  private:
    void serve() {
        if (SSL_accept(ssl_) == 1) {
            while (!closing_) {
                auto request = read_request();
                if (!request) break;
                server_.record(*request);
                server_.script_(*request, *this);
            }
        }
        SSL_shutdown(ssl_);
        interrupt();
        over_ = true;
    }

    bool read_more() {
        std::array<char, 16'384> bytes{};
        const int count = SSL_read(ssl_, bytes.data(), static_cast<int>(bytes.size()));
        if (count <= 0) return false;
        received_.append(bytes.data(), static_cast<std::size_t>(count));
        return true;
    }

    std::optional<SeenRequest> read_request() {
        std::size_t end = 0;
        while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
            if (!read_more()) return std::nullopt;
        }
        auto request = parse_head(received_.substr(0, end + 4));
        received_.erase(0, end + 4);
        const auto length =
            request.headers.contains("content-length") ? std::stoul(request.headers.at("content-length")) : 0;
        while (received_.size() < length) {
            if (!read_more()) return std::nullopt;
        }
        request.body = received_.substr(0, length);
        received_.erase(0, length);
        request.connection = number_;
        request.client = client_name();
        return request;
    }

    std::string client_name() const {
        const kube::openssl::Certificate certificate(SSL_get1_peer_certificate(ssl_));
        if (certificate == nullptr) return {};
        std::array<char, 256> name{};
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name.data(), name.size());
        return name.data();
    }

    void write(const std::string& bytes) {
        if (SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) <= 0) closing_ = true;
    }

    ScriptedApiServer& server_;
    const Socket socket_;
    const int number_;
    SSL* const ssl_;
    std::string received_;
    bool closing_ = false;
    std::atomic<bool> over_{false};
    std::thread thread_;
};

ScriptedApiServer::ScriptedApiServer(Script script, const std::string& alternative_names)
    : script_(std::move(script)),
      tls_(std::make_unique<Tls>(server_context(authority_, authority_.issue("scripted server", alternative_names)))) {
    prepare_process();
    start();
}

ScriptedApiServer::~ScriptedApiServer() {
    stop();
}

std::string ScriptedApiServer::url() const {
    return "https://127.0.0.1:" + std::to_string(port_);
}

kube::ClientConfig ScriptedApiServer::config() const {
    kube::ClientConfig config;
    config.server = url();
    config.certificate_authority.text = kube::SecretText(authority_.certificate());
    return config;
}

std::vector<SeenRequest> ScriptedApiServer::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

std::size_t ScriptedApiServer::request_count() const {
    const std::lock_guard lock(mutex_);
    return requests_.size();
}

void ScriptedApiServer::forget_requests() {
    const std::lock_guard lock(mutex_);
    requests_.clear();
}

std::size_t ScriptedApiServer::connections() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::ranges::count_if(connections_, [](const auto& connection) { return !connection->is_over(); }));
}

void ScriptedApiServer::start() {
    stopping_ = false;
    listener_ = listen_again_on_loopback(port_);
    port_ = port_of(listener_);
    acceptor_ = std::thread([this] { accept_all(); });
}

void ScriptedApiServer::stop() {
    if (!acceptor_.joinable()) return;
    std::vector<std::unique_ptr<Connection>> ended;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        ended.swap(connections_);
    }
    ::shutdown(listener_.descriptor(), SHUT_RDWR);
    acceptor_.join();
    listener_ = Socket();
    for (const auto& connection : ended) connection->interrupt();
    ended.clear();
}

void ScriptedApiServer::accept_all() {
    while (true) {
        Socket socket(::accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
        const std::lock_guard lock(mutex_);
        if (!socket || stopping_) return;
        std::erase_if(connections_, [](const auto& connection) { return connection->is_over(); });
        connections_.push_back(std::make_unique<Connection>(*this, std::move(socket), ++accepted_));
    }
}

void ScriptedApiServer::record(SeenRequest request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
}

Script in_turn(std::vector<Script> scripts) {
    struct Turns {
        std::mutex mutex;
        std::vector<Script> scripts;
        std::size_t next = 0;
    };
    const auto turns = std::make_shared<Turns>();
    turns->scripts = std::move(scripts);
    return [turns](const SeenRequest& request, Reply& reply) {
        Script script;
        {
            const std::lock_guard lock(turns->mutex);
            script = turns->scripts[turns->next];
            if (turns->next + 1 < turns->scripts.size()) ++turns->next;
        }
        script(request, reply);
    };
}

Script answer(int status, const std::string& body, const Reply::Headers& headers) {
    return [=](const SeenRequest& /*request*/, Reply& reply) { reply.send(status, body, headers); };
}

}  // namespace lockkeeper::tests
