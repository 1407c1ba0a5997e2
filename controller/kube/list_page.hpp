#pragma once

#include "kube/json_tree.hpp"

#include <string>

namespace lockkeeper::kube {

/// What a page of a list says beside its items.
struct ListPage {
    std::string resource_version;
    std::string continue_token;  ///< empty on the last page
};

/// Parses a list and hands out its items one by one (parse_json_tree). The order of `items` and `metadata` does not
/// matter. Throws TransportError `Garbled`, which quotes nothing of
/// the body, and what `each` throws.
ListPage parse_list_page(std::string body, const EachItem& each);

}  // namespace lockkeeper::kube
