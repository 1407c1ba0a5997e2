#include "kube/api_client.hpp"

#include "kube/json_body.hpp"
#include "kube/observed_transport.hpp"

#include <optional>
#include <utility>

namespace lockkeeper::kube {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr std::chrono::seconds longest_pause{60};
constexpr std::size_t longest_refusal = std::size_t{64} << 10U;

/// Bookmarks keep a watch that is alive from being silent, so the library's own clock has only to be slower than ours.
Transport::Options for_watches() {
    return {.inactivity = std::chrono::minutes(11)};
}

std::string accept(Representation representation, const std::string& partial) {
    if (representation == Representation::Full) return "application/json";
    return "application/json;as=" + partial + ";g=meta.k8s.io;v=v1";
}

void select(HttpRequest& request, const Selection& selection) {
    if (!selection.label_selector.empty()) request.query.emplace_back("labelSelector", selection.label_selector);
    if (!selection.field_selector.empty()) request.query.emplace_back("fieldSelector", selection.field_selector);
}

std::string name_of(const HttpRequest& request) {
    return request.method + " " + request.path;
}

int status_of(const HttpResponse& response) {
    return response.head.status;
}
int status_of(const std::unique_ptr<ResponseStream>& stream) {
    return stream->head().status;
}

/// How long to wait before the same request is worth another try; nothing if it is not, or not soon.
std::optional<milliseconds> pause_before_retry(const Status& status) {
    if (status.code != 429 && (status.code < 500 || !status.retry_after)) return std::nullopt;
    const auto pause = status.retry_after.value_or(std::chrono::seconds(1));
    if (pause > longest_pause) return std::nullopt;
    return pause;
}

/// The body of a refused watch. It is short; and one that does not end must not keep us.
std::string read_refusal(ResponseStream& stream, const std::stop_token& stop) {
    std::string body;
    while (body.size() < longest_refusal) {
        const auto bytes = stream.read(std::chrono::seconds(5), stop);
        if (bytes.empty()) break;
        body += bytes;
    }
    return body;
}

}  // namespace

ApiClient::ApiClient(const ClientConfig& config, Options options, Clock& clock, LogSink log)
    : options_(std::move(options)),
      clock_(clock),
      login_(login_of(config, clock)),
      warnings_(std::move(log)),
      requests_(observed(connect_transport(config, {.inactivity = options_.deadline}, login_), options_.observer)),
      watches_(observed(connect_transport(config, for_watches(), login_), options_.observer)) {}

json ApiClient::get(const ObjectRef& object, const std::stop_token& stop) {
    auto get = request("GET", object.path());
    return parse_json_body(exchange(get, Replay::Safe, stop).body);
}

ListPage ApiClient::list(const Selection& selection, const PageRequest& page, const EachItem& each,
                         const std::stop_token& stop) {
    auto list = request("GET", selection.collection.path());
    list.headers["Accept"] = accept(selection.representation, "PartialObjectMetadataList");
    select(list, selection);
    list.query.emplace_back("limit", std::to_string(page.limit));
    if (!page.continue_token.empty()) list.query.emplace_back("continue", page.continue_token);
    return parse_list_page(exchange(list, Replay::Safe, stop).body, each);
}

WatchStream ApiClient::watch(const Selection& selection, const WatchRequest& options, const std::stop_token& stop) {
    auto watch = request("GET", selection.collection.path());
    watch.headers["Accept"] = accept(selection.representation, "PartialObjectMetadata");
    select(watch, selection);
    watch.query.emplace_back("watch", "true");
    watch.query.emplace_back("allowWatchBookmarks", "true");
    watch.query.emplace_back("resourceVersion", options.resource_version);
    watch.query.emplace_back("timeoutSeconds", std::to_string(options.server_timeout.count()));
    auto stream = authorized<std::unique_ptr<ResponseStream>>(
        watch, [&](const HttpRequest& request) { return watches_->open(request, stop); }, stop);
    warnings_.note(stream->head().header("warning"));
    if (stream->head().status != 200) {
        throw ApiError("watch " + watch.path, Status::from_response(stream->head(), read_refusal(*stream, stop)));
    }
    return {std::move(stream), options.idle_limit};
}

json ApiClient::create(const Collection& collection, const json& object, const std::stop_token& stop,
                       Representation answer) {
    auto post = request("POST", collection.path());
    post.headers["Accept"] = accept(answer, "PartialObjectMetadata");
    post.headers["Content-Type"] = "application/json";
    post.body = to_json_body(object);
    return parse_json_body(exchange(post, Replay::Never, stop).body);
}

ObjectMeta ApiClient::apply(const ObjectRef& object, const json& fields, const ApplyOptions& options,
                            const std::stop_token& stop) {
    auto patch = request("PATCH", object.path() + (options.subresource.empty() ? "" : "/" + options.subresource));
    patch.headers["Accept"] = accept(Representation::Metadata, "PartialObjectMetadata");
    patch.headers["Content-Type"] = "application/apply-patch+yaml";  // JSON is YAML
    patch.query = {{"fieldManager", options.field_manager}, {"force", "true"}};
    patch.body = to_json_body(fields);
    return ObjectMeta::of(parse_json_body(exchange(patch, Replay::Safe, stop).body));
}

json ApiClient::replace(const ObjectRef& object, const json& replacement, const std::stop_token& stop) {
    auto put = request("PUT", object.path());
    put.headers["Content-Type"] = "application/json";
    put.body = to_json_body(replacement);
    return parse_json_body(exchange(put, Replay::Never, stop).body);
}

void ApiClient::remove(const ObjectRef& object, Propagation propagation, const std::stop_token& stop) {
    auto remove = request("DELETE", object.path());
    if (propagation == Propagation::Background) remove.query.emplace_back("propagationPolicy", "Background");
    exchange(remove, Replay::Never, stop);
}

std::string ApiClient::read_log(const NamespacedName& pod, const LogRequest& log, const std::stop_token& stop) {
    auto get = request("GET", ObjectRef{{"", "v1", "pods"}, pod}.path() + "/log");
    get.headers["Accept"] = "*/*";  // it is text, but a refusal is JSON
    get.query = {{"container", log.container},
                 {"tailLines", std::to_string(log.tail_lines)},
                 {"limitBytes", std::to_string(log.limit_bytes)}};
    return exchange(get, Replay::Safe, stop).body;
}

HttpRequest ApiClient::request(const std::string& method, const std::string& path) const {
    HttpRequest request;
    request.method = method;
    request.path = path;
    request.headers = {{"Accept", "application/json"}, {"User-Agent", options_.user_agent}};
    request.deadline = options_.deadline;
    return request;
}

HttpResponse ApiClient::exchange(const HttpRequest& request, Replay replay, const std::stop_token& stop) {
    for (int tries = 1;; ++tries) {
        auto response = authorized<HttpResponse>(
            request, [&](const HttpRequest& authorized) { return send_once(authorized, replay, stop); }, stop);
        warnings_.note(response.head.header("warning"));
        if (response.head.status >= 200 && response.head.status < 300) return response;
        auto status = Status::from_response(response.head, response.body);
        const auto pause = pause_before_retry(status);
        if (!pause || tries >= options_.tries) throw ApiError(name_of(request), std::move(status));
        clock_.sleep(*pause, stop);
        if (stop.stop_requested()) {
            throw TransportError(TransportError::Kind::Interrupted, name_of(request) + ": interrupted by a stop");
        }
    }
}

HttpResponse ApiClient::send_once(const HttpRequest& request, Replay replay, const std::stop_token& stop) {
    try {
        return requests_->send(request, stop);
    } catch (const TransportError& error) {
        if (error.kind() != TransportError::Kind::Lost || replay == Replay::Never) throw;
    }
    return requests_->send(request, stop);
}

template <typename Answer>
Answer ApiClient::authorized(HttpRequest request, const std::function<Answer(const HttpRequest&)>& send,
                             const std::stop_token& stop) {
    const auto authorize = [&] {
        auto credential = login_->current(stop);
        if (!credential.token.empty()) request.headers["Authorization"] = "Bearer " + credential.token.reveal();
        return credential;
    };
    const auto used = authorize();
    auto answer = send(request);
    if (status_of(answer) != 401 || !login_->renew(used, stop)) return answer;
    authorize();
    return send(request);
}

}  // namespace lockkeeper::kube
