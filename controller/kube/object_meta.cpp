#include "kube/object_meta.hpp"

#include "kube/http.hpp"

#include <nlohmann/json.hpp>

namespace lockkeeper::kube {
namespace {

std::string text_of(const nlohmann::json& metadata, const char* key) {
    const auto found = metadata.find(key);
    return found != metadata.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

ObjectMeta ObjectMeta::of(const nlohmann::json& object) {
    const auto metadata = object.find("metadata");
    if (metadata != object.end() && metadata->is_object()) {
        ObjectMeta meta{{text_of(*metadata, "namespace"), text_of(*metadata, "name")},
                        text_of(*metadata, "resourceVersion")};
        if (!meta.key.name.empty()) return meta;
    }
    throw TransportError(TransportError::Kind::Garbled, "an object without a name");
}

}  // namespace lockkeeper::kube
