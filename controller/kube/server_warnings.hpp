#pragma once

#include "kube/log_sink.hpp"

#include <cstddef>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::kube {

/// The texts of a `Warning:` header (RFC 7234): `299 - "policy/v1beta1 is deprecated", 299 - "…"`.
std::vector<std::string> parse_warnings(std::string_view header);

/// Logs what API servers warn of (deprecated versions, unknown fields), each text once. Safe from any thread.
class ServerWarnings {
  public:
    explicit ServerWarnings(LogSink log) : log_(std::move(log)) {}

    void note(std::string_view header);

  private:
    static constexpr std::size_t most = 200;  ///< texts that hold names would fill the memory

    LogSink log_;
    std::mutex mutex_;
    std::set<std::string> seen_;
};

}  // namespace lockkeeper::kube
