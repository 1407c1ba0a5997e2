#include "support/controller_process.hpp"

#include "support/requirements.hpp"

namespace lockkeeper::tests {
namespace {

std::vector<std::string> command(const std::vector<std::string>& arguments) {
    require_cluster();
    std::vector<std::string> words{LOCKKEEPER_BINARY, "controller"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
}

}  // namespace

ControllerProcess::ControllerProcess(const std::vector<std::string>& arguments) : Process(command(arguments)) {}

}  // namespace lockkeeper::tests
