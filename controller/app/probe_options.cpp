#include "app/probe_options.hpp"

#include "app/session_options.hpp"

#include <CLI/CLI.hpp>

namespace lockkeeper::app {

void describe_probe(CLI::App& command, ProbeTexts& texts) {
    command.add_option("url", texts.options.url, "what to GET, such as http://host:8081/readyz")->required();
    command.add_option("--expect", texts.options.expect, "text that the answer has to hold");
    command.add_option("--timeout", texts.timeout, "when to give up")->capture_default_str();
}

ProbeOptions read_probe(const ProbeTexts& texts) {
    auto options = texts.options;
    options.timeout = read_duration("--timeout", texts.timeout);
    return options;
}

}  // namespace lockkeeper::app
