#include "support/controller_process.hpp"

#include "support/requirements.hpp"

#include <algorithm>

namespace lockkeeper::tests {
namespace {

std::vector<std::string> command(const std::vector<std::string>& arguments) {
    require_cluster();
    std::vector<std::string> words{LOCKKEEPER_BINARY, "controller"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    // Several run at once on one machine.
    for (const std::string option : {"--metrics-address", "--health-address"}) {
        if (std::ranges::find(words, option) == words.end()) words.insert(words.end(), {option, "0"});
    }
    return words;
}

}  // namespace

ControllerProcess::ControllerProcess(const std::vector<std::string>& arguments) : Process(command(arguments)) {}

}  // namespace lockkeeper::tests
