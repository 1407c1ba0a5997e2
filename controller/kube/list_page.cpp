#include "kube/list_page.hpp"

#include "kube/http.hpp"

#include <nlohmann/json.hpp>

namespace lockkeeper::kube {
namespace {

using nlohmann::json;

/// Sees every object as soon as it is complete. Of depth 2 below the key `items` it is an item: handed out, and left
/// out of the tree.
class ItemFilter {
  public:
    explicit ItemFilter(const EachItem& each) : each_(each) {}

    bool operator()(int depth, json::parse_event_t event, json& value) {
        if (event == json::parse_event_t::key && depth == 1) in_items_ = value == "items";
        if (event != json::parse_event_t::object_end || depth != 2 || !in_items_) return true;
        each_(value);
        return false;
    }

  private:
    const EachItem& each_;
    bool in_items_ = false;
};

std::string metadata_text(const json& list, const char* key) {
    const auto metadata = list.find("metadata");
    if (metadata == list.end() || !metadata->is_object()) return {};
    const auto found = metadata->find(key);
    return found != metadata->end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

ListPage parse_list_page(std::string_view body, const EachItem& each) {
    ItemFilter filter(each);
    json list;
    try {
        list = json::parse(
            body, [&](int depth, json::parse_event_t event, json& value) { return filter(depth, event, value); });
    } catch (const json::parse_error& error) {
        throw TransportError(TransportError::Kind::Garbled,
                             "a list that is no JSON from its byte " + std::to_string(error.byte));
    }
    if (!list.is_object() || !list.contains("items")) {
        throw TransportError(TransportError::Kind::Garbled, "an answer that is no list");
    }
    return {.resource_version = metadata_text(list, "resourceVersion"),
            .continue_token = metadata_text(list, "continue")};
}

}  // namespace lockkeeper::kube
