#pragma once

#include "support/kubectl.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace lockkeeper::tests {

/// The least spec that a Migration with scripts from a ConfigMap needs.
inline nlohmann::json from_config_map() {
    return {{"source", {{"configMaps", {{{"name", "shop-migrations"}}}}}}};
}

/// What kubectl says of a Migration whose spec has one more field than it needs, at a JSON pointer.
inline std::string refusal_with(const TemporaryNamespace& space, const char* pointer, const nlohmann::json& value) {
    auto spec = from_config_map();
    spec[nlohmann::json::json_pointer(pointer)] = value;
    return space.refusal_of(migration("refused", "shop-db", spec));
}

}  // namespace lockkeeper::tests
