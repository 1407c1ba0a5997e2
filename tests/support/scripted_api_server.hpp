#pragma once

#include "kube/client_config.hpp"
#include "support/loopback.hpp"
#include "support/seen_request.hpp"
#include "support/test_certificates.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace lockkeeper::tests {

/// What a script can do with one request. A write to a client that is gone is silently nothing.
class Reply {
  public:
    using Headers = std::map<std::string, std::string>;

    virtual ~Reply() = default;

    /// A whole answer, with its Content-Length.
    virtual void send(int status, const std::string& body, const Headers& headers = {}) = 0;
    /// An answer in chunks: begin, any number of chunks, end.
    virtual void begin_chunks(int status, const Headers& headers = {}) = 0;
    virtual void chunk(const std::string& bytes) = 0;
    virtual void end_chunks() = 0;
    /// False once a write has failed: the client is gone.
    virtual bool is_open() const = 0;
    /// Ends the connection, in the middle of whatever it is.
    virtual void cut() = 0;
    /// Ends the connection once the request has been answered, without having said so: the client takes it for kept.
    virtual void close_after() = 0;
    /// Says nothing until the client goes or the server stops.
    virtual void stay_silent() = 0;
};

/// Answers on the connection's own thread; several requests may be answered at once.
using Script = std::function<void(const SeenRequest&, Reply&)>;

/// The scripts one after another, one for each request; the last one for all further ones.
Script in_turn(std::vector<Script> scripts);
/// Answers with a JSON body.
Script answer(int status, const std::string& body, const Reply::Headers& headers = {});

/// An HTTPS server on a port of its own that does what a test says: a real peer for a real client, with an authority of
/// its own. Everything of it ends with it.
class ScriptedApiServer {
  public:
    explicit ScriptedApiServer(Script script, const std::string& alternative_names = "IP:127.0.0.1");
    ~ScriptedApiServer();
    ScriptedApiServer(const ScriptedApiServer&) = delete;
    ScriptedApiServer& operator=(const ScriptedApiServer&) = delete;

    std::string url() const;
    const TestAuthority& authority() const { return authority_; }
    /// How to reach it, with trust in its authority and without credentials.
    kube::ClientConfig config() const;

    std::vector<SeenRequest> requests() const;
    std::size_t request_count() const;
    /// Where there are so many that what is remembered of them would look like a leak.
    void forget_requests();
    /// Connections that are open now.
    std::size_t connections() const;

    /// Ends all connections and refuses new ones.
    void stop();
    /// Takes connections again, on the same port.
    void start();

  private:
    class Connection;

    void accept_all();
    void record(SeenRequest request);

    Script script_;
    TestAuthority authority_{"scripted authority"};
    struct Tls;
    std::unique_ptr<Tls> tls_;
    std::uint16_t port_ = 0;
    Socket listener_;
    std::thread acceptor_;

    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<SeenRequest> requests_;
    int accepted_ = 0;
    bool stopping_ = false;
};

}  // namespace lockkeeper::tests
