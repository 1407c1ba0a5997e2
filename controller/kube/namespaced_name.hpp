#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

namespace lockkeeper::kube {

/// What tells objects of one kind apart. `space` is empty for cluster-scoped kinds.
struct NamespacedName {
    std::string space;
    std::string name;

    auto operator<=>(const NamespacedName&) const = default;

    /// `namespace/name`, or `name` where there is no namespace.
    std::string to_string() const { return space.empty() ? name : space + "/" + name; }

    /// The reverse of to_string. Neither part can hold a slash: the API server refuses such names.
    static NamespacedName parse(std::string_view text) {
        const auto slash = text.find('/');
        if (slash == std::string_view::npos) return {"", std::string(text)};
        return {std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
    }
};

}  // namespace lockkeeper::kube

template <>
struct std::hash<lockkeeper::kube::NamespacedName> {
    std::size_t operator()(const lockkeeper::kube::NamespacedName& key) const noexcept {
        const std::hash<std::string> of_text;
        return of_text(key.space) * 31 + of_text(key.name);
    }
};
