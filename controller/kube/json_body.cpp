#include "kube/json_body.hpp"

#include "kube/http.hpp"
#include "kube/json_tree.hpp"

#include <utility>

namespace lockkeeper::kube {

using nlohmann::json;

json parse_json_body(std::string body) {
    auto tree = parse_json_tree(std::move(body));
    if (!tree.value.is_object()) {
        throw TransportError(TransportError::Kind::Garbled, "an answer that is no JSON object");
    }
    return std::move(tree.value);
}

std::string to_json_body(const json& object) {
    return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace lockkeeper::kube
