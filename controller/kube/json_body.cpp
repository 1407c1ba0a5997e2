#include "kube/json_body.hpp"

#include "kube/http.hpp"

namespace lockkeeper::kube {

using nlohmann::json;

json parse_json_body(std::string_view body) {
    auto object = json::parse(body, nullptr, false);
    if (object.is_discarded() || !object.is_object()) {
        throw TransportError(TransportError::Kind::Garbled, "an answer that is no JSON object");
    }
    return object;
}

std::string to_json_body(const json& object) {
    return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace lockkeeper::kube
