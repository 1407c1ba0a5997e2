#include "kube/http.hpp"

#include "kube/resource.hpp"

namespace lockkeeper::kube {

std::string HttpRequest::target() const {
    auto target = path;
    for (char separator = '?'; const auto& [name, value] : query) {
        target += std::exchange(separator, '&') + percent_encode(name) + "=" + percent_encode(value);
    }
    return target;
}

}  // namespace lockkeeper::kube
