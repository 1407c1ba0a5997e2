#pragma once

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace lockkeeper::kube {

/// What a page of a list says beside its items.
struct ListPage {
    std::string resource_version;
    std::string continue_token;  ///< empty on the last page
};

using EachItem = std::function<void(const nlohmann::json& item)>;

/// Parses a list and hands out its items one by one, so that a page of large objects is never in memory as a whole
/// tree. The order of `items` and `metadata` does not matter. Throws TransportError `Garbled`, which quotes nothing of
/// the body, and what `each` throws.
ListPage parse_list_page(std::string_view body, const EachItem& each);

}  // namespace lockkeeper::kube
