#include "kube/list_page.hpp"

#include "kube/http.hpp"

#include <utility>

namespace lockkeeper::kube {
namespace {

using nlohmann::json;

std::string metadata_text(const json& list, const char* key) {
    const auto metadata = list.find("metadata");
    if (metadata == list.end() || !metadata->is_object()) return {};
    const auto found = metadata->find(key);
    return found != metadata->end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

ListPage parse_list_page(std::string body, const EachItem& each) {
    const auto [list, wrong_byte] = parse_json_tree(std::move(body), each);
    if (wrong_byte) {
        throw TransportError(TransportError::Kind::Garbled,
                             "a list that is no JSON from its byte " + std::to_string(*wrong_byte));
    }
    if (!list.is_object() || !list.contains("items")) {
        throw TransportError(TransportError::Kind::Garbled, "an answer that is no list");
    }
    return {.resource_version = metadata_text(list, "resourceVersion"),
            .continue_token = metadata_text(list, "continue")};
}

}  // namespace lockkeeper::kube
