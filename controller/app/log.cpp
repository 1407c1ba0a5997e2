#include "app/log.hpp"

#include "api/timestamps.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

namespace lockkeeper::app {
namespace {

std::string_view to_string(LogLevel level) {
    switch (level) {
        case LogLevel::Debug:
            return "debug";
        case LogLevel::Info:
            return "info";
        case LogLevel::Warning:
            return "warning";
        case LogLevel::Error:
            return "error";
    }
    return "error";
}

/// Any text as valid JSON: what is no UTF-8 is replaced.
std::string dump(const nlohmann::ordered_json& value) {
    return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

bool needs_quotes(std::string_view value) {
    return value.empty() || std::ranges::any_of(value, [](char c) {
               return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == '\x7F';
           });
}

std::string pair(std::string_view key, std::string_view value) {
    return std::string(key) + "=" + (needs_quotes(value) ? dump(std::string(value)) : std::string(value));
}

}  // namespace

std::string format_log_line(OutputFormat format, std::string_view time, LogLevel level, std::string_view message,
                            const LogFields& fields) {
    if (format == OutputFormat::Json) {
        nlohmann::ordered_json line{{"time", time}, {"level", to_string(level)}, {"msg", message}};
        for (const auto& [key, value] : fields) line[std::string(key)] = value;
        return dump(line);
    }
    auto line = pair("time", time) + " " + pair("level", to_string(level)) + " " + pair("msg", message);
    for (const auto& [key, value] : fields) line += " " + pair(key, value);
    return line;
}

Log::Log(OutputFormat format, LogLevel least)
    : format_(format), least_(least), logger_(spdlog::create<spdlog::sinks::stderr_sink_mt>("lockkeeper")) {
    logger_->set_pattern("%v");
    spdlog::drop("lockkeeper");  // ours, not the registry's
}

void Log::write(LogLevel level, std::string_view message, const LogFields& fields) const {
    if (level < least_) return;
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    logger_->info(format_log_line(format_, api::to_string(now), level, message, fields));
}

}  // namespace lockkeeper::app
