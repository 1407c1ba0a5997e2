#pragma once

#include "kube/reflector.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace lockkeeper::kube {

/// The reflectors of one kind: one for all namespaces, or one for each of those that are named, which is all that Roles
/// can allow. Each has a thread and a connection of its own, so for very many namespaces one for all is cheaper.
class WatchGroup {
  public:
    /// Which part of a cache a namespace is for.
    using SinkOf = std::function<ObjectSink&(const std::string& space)>;

    /// `options.selection.collection.space` is set for each. All must outlive it.
    // NOLINTNEXTLINE(readability-function-size): one more than a Reflector, which has five
    WatchGroup(ApiClient& client, const Reflector::Options& options, const std::vector<std::string>& spaces,
               const SinkOf& sink_of, Clock& clock, const LogSink& log) {
        for (const auto& space : spaces.empty() ? std::vector<std::string>{""} : spaces) {
            auto own = options;
            own.selection.collection.space = space;
            reflectors_.emplace_back(client, std::move(own), sink_of(space), clock, log);
        }
    }

    ~WatchGroup() {
        for (auto& thread : threads_) thread.request_stop();  // of all, before any is waited for
    }
    WatchGroup(const WatchGroup&) = delete;
    WatchGroup& operator=(const WatchGroup&) = delete;

    /// They run from now on, and end with the group.
    void start() {
        for (auto& reflector : reflectors_) {
            threads_.emplace_back([&reflector](const std::stop_token& stop) { reflector.run(stop); });
        }
    }

    /// Of the first that has any.
    std::optional<std::string> trouble() const {
        for (const auto& reflector : reflectors_) {
            if (auto trouble = reflector.trouble()) return trouble;
        }
        return std::nullopt;
    }

  private:
    std::deque<Reflector> reflectors_;
    std::vector<std::jthread> threads_;
};

}  // namespace lockkeeper::kube
