#pragma once

#include "app/share_options.hpp"
#include "kube/client_config.hpp"
#include "kube/log_sink.hpp"

#include <stop_token>

namespace lockkeeper::app {

/// Asks the API server whether it can read the label selector, if there is one: watches with one that it cannot read
/// would be tried for ever. Throws WrongUsage with what the server says. An API server that is not there, or has other
/// troubles, is left to the watches.
void check_label_selector(const ShareOptions& share, const kube::ClientConfig& config, kube::LogSink log,
                          const std::stop_token& stop);

}  // namespace lockkeeper::app
