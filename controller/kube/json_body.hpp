#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace lockkeeper::kube {

/// An object that the API server sent, as parse_json_tree reads it. Throws TransportError `Garbled`, which quotes
/// nothing of the body: it may be a Secret.
nlohmann::json parse_json_body(std::string body);

/// Bytes that are no UTF-8 become U+FFFD: the API server would refuse the whole object.
std::string to_json_body(const nlohmann::json& object);

}  // namespace lockkeeper::kube
