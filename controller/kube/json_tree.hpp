#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace lockkeeper::kube {

using EachItem = std::function<void(const nlohmann::json& item)>;

/// What the API server sent, as a tree, but for `managedFields` of any `metadata`: nobody here reads who manages which
/// field, and it is often more than half of an object.
struct JsonTree {
    nlohmann::json value;
    std::optional<std::size_t> wrong_byte{};  ///< 1-based; where the text stops to be JSON, and then there is no value
};

/// Where `each` is given, the text is a list: every object below its `items` is handed out as soon as it is complete,
/// and left out of the tree, so that a page of large objects is never in memory as a whole. Throws what `each` throws.
JsonTree parse_json_tree(std::string text, const EachItem& each = {});

}  // namespace lockkeeper::kube
