#pragma once

#include "kube/transport.hpp"
#include "support/scripted_api_server.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

namespace lockkeeper::tests {

/// What can become of a request on its way to an API server and back.
enum class Fault {
    None,
    LostRequest,      ///< the connection ends before the API server has seen it
    LostAnswer,       ///< the API server acts on it, and the connection ends
    Throttled,        ///< 429, to be tried again in a second
    Failing,          ///< 500 without a word
    Unavailable,      ///< 503, to be tried again in a second
    GarbledAnswer,    ///< the API server acts on it, and the answer is no JSON
    TruncatedAnswer,  ///< the API server acts on it, and half of the answer comes
    ExpiredWatch,     ///< a watch that says in its stream that its version has expired
    GarbledWatch,     ///< a watch that brings a line that is no JSON
    CutWatch,         ///< a watch that ends inside a line
    CloseAfter,       ///< answered; and then the connection that the client takes for kept is closed
};

std::string to_string(Fault fault);

/// A real API server, behind a TLS server of the test's that does to its requests what a test wants. Clients need no
/// credentials: they act as whoever `real` says.
class FaultyGateway {
  public:
    using Choose = std::function<Fault(const SeenRequest&)>;

    FaultyGateway(const kube::ClientConfig& real, Choose choose);
    ~FaultyGateway();
    FaultyGateway(const FaultyGateway&) = delete;
    FaultyGateway& operator=(const FaultyGateway&) = delete;

    /// For a client: a kubeconfig that leads here.
    std::string kubeconfig() const;
    /// How often each fault came about.
    std::map<Fault, int> counts() const;

    static bool is_watch(const SeenRequest& request) { return request.query.contains("watch"); }

  private:
    void answer(const SeenRequest& request, Reply& reply);
    void pass_on(const kube::HttpRequest& request, Fault fault, Reply& reply);
    void pass_watch_on(const kube::HttpRequest& request, Fault fault, Reply& reply);

    std::unique_ptr<kube::Transport> real_;
    Choose choose_;
    std::stop_source stop_;
    mutable std::mutex mutex_;
    std::map<Fault, int> counts_;
    ScriptedApiServer server_;
};

}  // namespace lockkeeper::tests
