#pragma once

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

namespace lockkeeper::tests {

/// The real `lockkeeper controller` as a process of its own, with its log in a file. Ended with the object.
class ControllerProcess {
  public:
    explicit ControllerProcess(std::vector<std::string> arguments = {});
    ~ControllerProcess();
    ControllerProcess(const ControllerProcess&) = delete;
    ControllerProcess& operator=(const ControllerProcess&) = delete;

    /// Sends a signal and waits for the end. The exit code, or 128 plus the signal that killed it.
    int end(int signal = SIGTERM);
    bool running() const;
    pid_t pid() const { return pid_; }
    std::string log() const;
    /// The arguments as every user of the machine can read them.
    std::string command_line() const;

  private:
    std::filesystem::path log_;
    pid_t pid_ = -1;
};

}  // namespace lockkeeper::tests
