#pragma once

#include "kube/api_error.hpp"
#include "kube/client_config.hpp"
#include "kube/clock.hpp"
#include "kube/list_page.hpp"
#include "kube/log_sink.hpp"
#include "kube/login.hpp"
#include "kube/object_meta.hpp"
#include "kube/observers.hpp"
#include "kube/resource.hpp"
#include "kube/server_warnings.hpp"
#include "kube/transport.hpp"
#include "kube/watch_stream.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace lockkeeper::kube {

/// How much of an object to send.
enum class Representation {
    Full,
    Metadata,  ///< PartialObjectMetadata: name, labels, resourceVersion … but neither data, spec nor status
};

/// Which objects to list or watch.
struct Selection {
    Collection collection;
    Representation representation = Representation::Full;
    std::string label_selector{};
    std::string field_selector{};
};

struct PageRequest {
    int limit = 500;
    std::string continue_token{};  ///< of the page before; empty for the first
};

struct WatchRequest {
    std::string resource_version;              ///< where to go on from
    std::chrono::seconds server_timeout{300};  ///< when the server ends the watch
    std::chrono::milliseconds idle_limit{150'000};
};

/// What of a pod's log to read.
struct LogRequest {
    std::string container;
    int tail_lines = 100;                               ///< the last ones
    std::size_t limit_bytes = std::size_t{512} << 10U;  ///< of these, from the first on
};

/// What becomes of the objects that a deleted one owns.
enum class Propagation {
    Default,     ///< as the kind has it: a Job's pods stay, and run on
    Background,  ///< they are deleted after it
};

struct ApplyOptions {
    std::string field_manager;
    std::string subresource{};  ///< "status", or empty for the object itself
};

/// Requests to an API server, as client-go makes them. Every call blocks its thread, returns within two seconds of a
/// stop, and throws ApiError for what the server refused and TransportError where there was no answer. Safe from any
/// thread.
///
/// - A 401 makes the token and the client certificate be got anew, and the request be sent once more if that gave
/// others.
/// - 429, and 5xx with Retry-After, are waited for and sent again, up to 10 times in all; not longer than a minute
///   each, since a caller has better things to do than to sleep.
/// - A GET or an apply whose connection was lost is sent once more: the server may have closed it while it was kept.
/// - `Warning:` headers are logged, each text once.
class ApiClient {
  public:
    static constexpr int most_tries = 10;
    struct Options {
        std::string user_agent;                      ///< `name/version (linux/amd64)`
        std::chrono::milliseconds deadline{30'000};  ///< of each try
        RequestObserver* observer = nullptr;         ///< outlives the client
        int tries = most_tries;                      ///< 1 for a caller who knows better when to try again
    };

    ApiClient(const ClientConfig& config, Options options, Clock& clock, LogSink log);

    nlohmann::json get(const ObjectRef& object, const std::stop_token& stop);

    /// One page. `each` may have been called for some items when this throws.
    ListPage list(const Selection& selection, const PageRequest& page, const EachItem& each,
                  const std::stop_token& stop);

    /// 429 and 5xx are the caller's, who knows better what to do meanwhile.
    WatchStream watch(const Selection& selection, const WatchRequest& request, const std::stop_token& stop);

    /// Give the object a name of your own, never a generateName: the request may be sent twice (Transport).
    nlohmann::json create(const Collection& collection, const nlohmann::json& object, const std::stop_token& stop,
                          Representation answer = Representation::Full);

    /// Server-side apply, with force: `fields` is the complete set of fields that the manager owns, and what it no
    /// longer names is removed. Of the object it asks for no more than it returns.
    ObjectMeta apply(const ObjectRef& object, const nlohmann::json& fields, const ApplyOptions& options,
                     const std::stop_token& stop);

    /// Conflict, unless the object is still of the version that `replacement` names. Returns the object. A request that
    /// was sent twice unnoticed (Transport) ends in Conflict too, so look who wrote before giving up.
    nlohmann::json replace(const ObjectRef& object, const nlohmann::json& replacement, const std::stop_token& stop);

    void remove(const ObjectRef& object, const std::stop_token& stop) { remove(object, Propagation::Default, stop); }
    void remove(const ObjectRef& object, Propagation propagation, const std::stop_token& stop);

    /// Text as the container wrote it. Fails where its node cannot be asked, or has no log of it any more.
    std::string read_log(const NamespacedName& pod, const LogRequest& log, const std::stop_token& stop);

  private:
    enum class Replay { Never, Safe };

    HttpRequest request(const std::string& method, const std::string& path) const;
    HttpResponse exchange(const HttpRequest& request, Replay replay, const std::stop_token& stop);
    HttpResponse send_once(const HttpRequest& request, Replay replay, const std::stop_token& stop);
    template <typename Answer>
    Answer authorized(HttpRequest request, const std::function<Answer(const HttpRequest&)>& send,
                      const std::stop_token& stop);

    const Options options_;
    Clock& clock_;
    std::shared_ptr<Login> login_;
    ServerWarnings warnings_;
    std::unique_ptr<Transport> requests_;
    std::unique_ptr<Transport> watches_;
};

}  // namespace lockkeeper::kube
