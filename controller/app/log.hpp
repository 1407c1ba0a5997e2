#pragma once

#include "app/options.hpp"
#include "kube/log_sink.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class logger;  // NOLINT(readability-identifier-naming): not ours
}

namespace lockkeeper::app {

using kube::LogFields;
using kube::LogLevel;

/// Lines on standard error, one a change of state: `key=value` pairs, or JSON objects. Safe from any thread. Never
/// given what must not be read: a connection string has no way to become text.
class Log {
  public:
    Log(OutputFormat format, LogLevel least);

    void write(LogLevel level, std::string_view message, const LogFields& fields = {}) const;
    void debug(std::string_view message, const LogFields& fields = {}) const {
        write(LogLevel::Debug, message, fields);
    }
    void info(std::string_view message, const LogFields& fields = {}) const { write(LogLevel::Info, message, fields); }
    void warning(std::string_view message, const LogFields& fields = {}) const {
        write(LogLevel::Warning, message, fields);
    }
    void error(std::string_view message, const LogFields& fields = {}) const {
        write(LogLevel::Error, message, fields);
    }

  private:
    OutputFormat format_;
    LogLevel least_;
    std::shared_ptr<spdlog::logger> logger_;
};

/// One line, without its line break. Pure: `time` is RFC 3339.
std::string format_log_line(OutputFormat format, std::string_view time, LogLevel level, std::string_view message,
                            const LogFields& fields);

}  // namespace lockkeeper::app
