#include "kube/watch_event.hpp"

#include "kube/http.hpp"
#include "kube/json_tree.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace lockkeeper::kube {
namespace {

using nlohmann::json;

[[noreturn]] void fail(const std::string& what) {
    throw TransportError(TransportError::Kind::Garbled, "a watch event " + what);
}

WatchEvent::Type type_of(const json& event) {
    static const std::array<std::pair<std::string_view, WatchEvent::Type>, 5> types{{
        {"ADDED", WatchEvent::Type::Added},
        {"MODIFIED", WatchEvent::Type::Modified},
        {"DELETED", WatchEvent::Type::Deleted},
        {"BOOKMARK", WatchEvent::Type::Bookmark},
        {"ERROR", WatchEvent::Type::Error},
    }};
    const auto type = event.find("type");
    if (type == event.end() || !type->is_string()) fail("without a type");
    const auto* const found = std::ranges::find_if(
        types, [&](const auto& known) { return known.first == type->get_ref<const std::string&>(); });
    if (found == types.end()) fail("of an unknown type");
    return found->second;
}

std::string resource_version_of(const json& object) {
    const auto metadata = object.find("metadata");
    if (metadata == object.end() || !metadata->is_object()) return {};
    const auto version = metadata->find("resourceVersion");
    return version != metadata->end() && version->is_string() ? version->get<std::string>() : std::string();
}

}  // namespace

WatchEvent decode_watch_event(std::string line) {
    auto event = parse_json_tree(std::move(line)).value;
    if (!event.is_object()) fail("that is no JSON object");
    const auto type = type_of(event);
    const auto object = event.find("object");
    if (object == event.end() || !object->is_object()) fail("without an object");
    WatchEvent decoded{type, std::move(*object), {}};
    decoded.resource_version = resource_version_of(decoded.object);
    if (decoded.resource_version.empty() && type != WatchEvent::Type::Error) fail("without a resourceVersion");
    return decoded;
}

}  // namespace lockkeeper::kube
