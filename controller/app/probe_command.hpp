#pragma once

#include "app/exit_code.hpp"

#include <chrono>
#include <iosfwd>
#include <stop_token>
#include <string>

namespace lockkeeper::app {

/// `lockkeeper probe URL`: `helm test`, and health checks in an image that has neither shell nor curl.
struct ProbeOptions {
    std::string url;  ///< `http://host:port/path`
    std::string expect;
    std::chrono::milliseconds timeout{};
};

/// One GET, again until the time is over while there is no answer: a Service has no endpoints for a moment after its
/// pods are ready. Done if it is answered by 200 and the body holds the text that is expected.
ExitCode run_probe(const ProbeOptions& options, std::ostream& out, const std::stop_token& stop);

}  // namespace lockkeeper::app
