#pragma once

#include "kube/namespaced_name.hpp"

#include <nlohmann/json_fwd.hpp>

namespace lockkeeper::kube {

/// Where a reflector puts what it sees. All calls come from the reflector's thread.
class ObjectSink {
  public:
    virtual ~ObjectSink() = default;

    /// A list begins. One that was begun before and not finished never happened.
    virtual void list_begins() = 0;
    virtual void listed(const nlohmann::json& object) = 0;
    /// What was listed is all there is: what was known before and was not listed is gone.
    virtual void list_ends() = 0;

    virtual void changed(const nlohmann::json& object) = 0;
    virtual void deleted(const nlohmann::json& object) = 0;
};

}  // namespace lockkeeper::kube
