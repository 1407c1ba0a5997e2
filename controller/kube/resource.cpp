#include "kube/resource.hpp"

namespace lockkeeper::kube {

std::string Collection::path() const {
    std::string path =
        resource.group.empty() ? "/api/" + resource.version : "/apis/" + resource.group + "/" + resource.version;
    if (!space.empty()) path += "/namespaces/" + percent_encode(space);
    return path + "/" + resource.plural;
}

std::string ObjectRef::path() const {
    return Collection{resource, key.space}.path() + "/" + percent_encode(key.name);
}

std::string percent_encode(std::string_view text) {
    static constexpr std::string_view unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    for (const char character : text) {
        if (unreserved.find(character) != std::string_view::npos) {
            encoded += character;
            continue;
        }
        const auto byte = static_cast<unsigned char>(character);
        encoded += '%';
        encoded += digits[byte >> 4U];
        encoded += digits[byte & 0xFU];
    }
    return encoded;
}

}  // namespace lockkeeper::kube
