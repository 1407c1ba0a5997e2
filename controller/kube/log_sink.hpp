#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lockkeeper::kube {

enum class LogLevel { Debug, Info, Warning, Error };

/// What a line is about, beyond its message: `resource=configmaps reason=Forbidden`.
using LogFields = std::vector<std::pair<std::string_view, std::string>>;

/// Where lines go; whoever joins the program decides. Called from any thread, for changes of state only, and never
/// given a token or a body.
using LogSink = std::function<void(LogLevel, std::string_view message, const LogFields& fields)>;

inline LogSink no_log() {
    return [](LogLevel, std::string_view, const LogFields&) {};
}

}  // namespace lockkeeper::kube
