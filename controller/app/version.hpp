#pragma once

#include <string>

namespace lockkeeper::app {

/// The release that this is, set by CMake from the project's version.
inline constexpr const char* version = LOCKKEEPER_VERSION;

/// As the API server's logs name the controller.
inline std::string user_agent() {
    return std::string("lockkeeper/") + version + " (linux)";
}

}  // namespace lockkeeper::app
