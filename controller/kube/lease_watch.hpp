#pragma once

#include "kube/api_client.hpp"
#include "kube/object_sink.hpp"
#include "kube/reflector.hpp"

#include <functional>
#include <stop_token>

namespace lockkeeper::kube {

/// Tells of every change of one Lease, so that who waits for it sees a renewal or a release when it happens and not at
/// his next look. It is a hint only: without the right to watch, he goes on looking now and then.
class LeaseWatch : private ObjectSink {
  public:
    /// Called on the thread of `run`.
    using OnChange = std::function<void()>;

    /// All must outlive it.
    LeaseWatch(ApiClient& client, const NamespacedName& key, OnChange on_change, Clock& clock, LogSink log);

    /// Until a stop is requested. On a thread of its own.
    void run(const std::stop_token& stop) { reflector_.run(stop); }

  private:
    void list_begins() override {}
    void listed(const nlohmann::json& /*object*/) override {}
    void list_ends() override { on_change_(); }
    void changed(const nlohmann::json& /*object*/) override { on_change_(); }
    void deleted(const nlohmann::json& /*object*/) override { on_change_(); }

    const OnChange on_change_;
    Reflector reflector_;
};

}  // namespace lockkeeper::kube
