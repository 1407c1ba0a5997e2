#pragma once

#include "app/probe_command.hpp"

#include <string>

namespace CLI {
class App;
}

namespace lockkeeper::app {

/// The text of the options of `lockkeeper probe`.
struct ProbeTexts {
    ProbeOptions options;
    std::string timeout = "10s";
};

void describe_probe(CLI::App& command, ProbeTexts& texts);

/// Throws WrongUsage.
ProbeOptions read_probe(const ProbeTexts& texts);

}  // namespace lockkeeper::app
