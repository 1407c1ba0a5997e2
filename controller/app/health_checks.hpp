#pragma once

#include "app/probe_request.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace lockkeeper::app {

/// Named checks whose answers together are one probe's. Safe from any thread.
class HealthChecks {
  public:
    /// What is wrong; nothing if all is well. Must not wait, since the thread of the probes' server runs it.
    using Check = std::function<std::optional<std::string>()>;

    /// What it refers to must outlive this object. A second check of the same name replaces the first.
    void add(const std::string& name, Check check);

    /// 200 and `ok`, or 500 and a line for each check that fails; a kubelet shows them in an Event.
    ProbeAnswer answer() const;

  private:
    mutable std::mutex mutex_;
    std::map<std::string, Check> checks_;
};

}  // namespace lockkeeper::app
