#include "support/paused_service.hpp"

#include "support/requirements.hpp"

#include <csignal>
#include <fstream>
#include <stdexcept>

namespace lockkeeper::tests {

PausedService::PausedService(const std::string& part) {
    std::ifstream(require_local_services() + "/run/" + part + ".pid") >> pid_;
    if (pid_ <= 0 || ::kill(pid_, SIGSTOP) != 0) throw std::runtime_error("cannot pause " + part);
}

PausedService::~PausedService() {
    ::kill(pid_, SIGCONT);
}

}  // namespace lockkeeper::tests
