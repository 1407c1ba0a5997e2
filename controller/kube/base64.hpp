#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lockkeeper::kube {

/// RFC 4648 with padding; white space is passed over. Nothing if it is anything else.
std::optional<std::string> decode_base64(std::string_view text);

/// On one line.
std::string encode_base64(std::string_view bytes);

}  // namespace lockkeeper::kube
