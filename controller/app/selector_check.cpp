#include "app/selector_check.hpp"

#include "app/migrations_resource.hpp"
#include "app/options.hpp"
#include "app/version.hpp"
#include "kube/api_client.hpp"

#include <string>
#include <utility>

namespace lockkeeper::app {
namespace {

constexpr std::chrono::seconds patience{5};
constexpr int bad_request = 400;

}  // namespace

void check_label_selector(const ShareOptions& share, const kube::ClientConfig& config, kube::LogSink log,
                          const std::stop_token& stop) {
    if (share.label_selector.empty()) return;
    kube::SystemClock clock;
    kube::ApiClient client(config, {.user_agent = user_agent(), .deadline = patience, .tries = 1}, clock,
                           std::move(log));
    const auto space = share.namespaces.empty() ? std::string() : share.namespaces.front();
    const kube::Selection selection{.collection = {migrations_resource(), space},
                                    .representation = kube::Representation::Metadata,
                                    .label_selector = share.label_selector};
    try {
        client.list(
            selection, {.limit = 1}, [](const auto&) {}, stop);
    } catch (const kube::ApiError& error) {
        if (error.status().code != bad_request) return;
        throw WrongUsage("--label-selector is '" + share.label_selector +
                         "', which the API server cannot read: " + error.status().message +
                         "; write one as for kubectl: team=shop, 'team in (shop,billing)', '!legacy'");
    } catch (const kube::TransportError&) {  // NOLINT(bugprone-empty-catch): the watches tell of it
    }
}

}  // namespace lockkeeper::app
