#pragma once

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

namespace lockkeeper::tests {

/// A program as a process of its own, with all that it writes in a file. Ended with the object.
class Process {
  public:
    /// `arguments` begin with the program's path or, to be looked up in PATH, its name. `environment` (`NAME=value`) is
    /// added to this process's own.
    explicit Process(std::vector<std::string> arguments, const std::vector<std::string>& environment = {});
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// Waits for the end. The exit code, or 128 plus the signal that killed it.
    int wait();
    /// Sends a signal, then as wait().
    int end(int signal = SIGTERM);
    bool running() const;
    pid_t pid() const { return pid_; }
    std::string log() const;
    /// The arguments as every user of the machine can read them.
    std::string command_line() const;

  private:
    std::filesystem::path log_;
    pid_t pid_ = -1;
    int status_ = 0;
};

}  // namespace lockkeeper::tests
