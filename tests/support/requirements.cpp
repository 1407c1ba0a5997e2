#include "support/requirements.hpp"

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <stdexcept>

namespace lockkeeper::tests {
namespace {

[[noreturn]] void end_test(const std::string& missing) {
    if (std::getenv("CI") != nullptr) throw std::runtime_error(missing + "; CI must run hack/test");
    skip(missing + "; run hack/test");
}

/// The value of a variable, or the end of this test.
std::string require_variable(const char* name) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
    end_test(std::string(name) + " is not set");
}

}  // namespace

void skip(const std::string& reason) {
    std::cout << "LOCKKEEPER_SKIPPED: " << reason << std::endl;
    std::_Exit(0);
}

std::string require_postgres() {
    return require_variable("LOCKKEEPER_TEST_POSTGRES_URL");
}
std::string require_cluster() {
    return require_variable("KUBECONFIG");
}
std::string require_local_services() {
    return require_variable("LOCKKEEPER_SERVICES");
}

std::string require_peers() {
    return require_variable("LOCKKEEPER_TEST_PEERS");
}

std::string require_program(const std::string& path) {
    if (::access(path.c_str(), X_OK) != 0) end_test("there is no " + path);
    return path;
}

void control_service(const std::string& action, const std::string& part) {
    const auto command = std::string(LOCKKEEPER_SOURCE_DIR) + "/hack/services " + action + " " + part + " '" +
                         require_local_services() + "' >/dev/null 2>&1";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("hack/services " + action + " " + part + " failed");
}

}  // namespace lockkeeper::tests
