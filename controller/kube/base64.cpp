#include "kube/base64.hpp"

#include <openssl/evp.h>

#include <vector>

namespace lockkeeper::kube {

std::optional<std::string> decode_base64(std::string_view text) {
    std::string packed;
    for (const char character : text) {
        if (std::string_view(" \t\r\n").find(character) == std::string_view::npos) packed += character;
    }
    if (packed.size() % 4 != 0) return std::nullopt;
    const auto digits = packed.find_last_not_of('=') + 1;
    const auto padding = packed.size() - digits;
    if (padding > 2) return std::nullopt;
    std::vector<unsigned char> decoded(packed.size() / 4 * 3 + 1);
    const int length = EVP_DecodeBlock(decoded.data(), reinterpret_cast<const unsigned char*>(packed.data()),
                                       static_cast<int>(packed.size()));
    if (length < 0) return std::nullopt;
    // EVP_DecodeBlock counts the zero bytes that stand for the padding.
    return std::string(decoded.begin(), decoded.begin() + length - static_cast<std::ptrdiff_t>(padding));
}

std::string encode_base64(std::string_view bytes) {
    std::vector<unsigned char> encoded((bytes.size() + 2) / 3 * 4 + 1);
    const int length = EVP_EncodeBlock(encoded.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                                       static_cast<int>(bytes.size()));
    return {encoded.begin(), encoded.begin() + length};
}

}  // namespace lockkeeper::kube
