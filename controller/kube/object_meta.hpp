#pragma once

#include "kube/namespaced_name.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace lockkeeper::kube {

/// What every object has.
struct ObjectMeta {
    NamespacedName key;
    std::string resource_version;

    /// Throws TransportError `Garbled` for an object without a name.
    static ObjectMeta of(const nlohmann::json& object);
};

}  // namespace lockkeeper::kube
