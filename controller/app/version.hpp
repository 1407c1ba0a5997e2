#pragma once

namespace lockkeeper::app {

/// The release that this is, set by CMake from the project's version.
inline constexpr const char* version = LOCKKEEPER_VERSION;

}  // namespace lockkeeper::app
