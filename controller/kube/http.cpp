#include "kube/http.hpp"

#include "kube/resource.hpp"

#include <algorithm>
#include <cctype>

namespace lockkeeper::kube {

std::string HttpRequest::target() const {
    auto target = path;
    for (char separator = '?'; const auto& [name, value] : query) {
        target += std::exchange(separator, '&') + percent_encode(name) + "=" + percent_encode(value);
    }
    return target;
}

void HttpHead::set(std::string name, const std::string& value) {
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    headers.insert_or_assign(std::move(name), value);
}

}  // namespace lockkeeper::kube
