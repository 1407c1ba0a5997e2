#include "postgres/error.hpp"

namespace lockkeeper::postgres {

std::string without_row_values(const std::string& message, const std::string& sqlstate) {
    if (!sqlstate.starts_with("22") && !sqlstate.starts_with("23")) return message;
    const auto quoted = message.find(": \"");
    return quoted == std::string::npos ? message : message.substr(0, quoted) + ": (value not shown)";
}

}  // namespace lockkeeper::postgres
