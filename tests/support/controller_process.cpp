#include "support/controller_process.hpp"

#include "support/requirements.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace lockkeeper::tests {
namespace {

std::string read(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::filesystem::path new_log() {
    static int count = 0;
    return std::filesystem::temp_directory_path() /
           ("lockkeeper-" + std::to_string(::getpid()) + "-" + std::to_string(++count) + ".log");
}

}  // namespace

ControllerProcess::ControllerProcess(std::vector<std::string> arguments) : log_(new_log()) {
    require_cluster();
    arguments.insert(arguments.begin(), {LOCKKEEPER_BINARY, "controller"});
    std::vector<char*> words;
    for (auto& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    const int error = ::posix_spawn(&pid_, words[0], &files, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) throw std::runtime_error("cannot start " + arguments[0]);
}

ControllerProcess::~ControllerProcess() {
    end(SIGTERM);
    std::filesystem::remove(log_);
}

int ControllerProcess::end(int signal) {
    if (pid_ < 0) return 0;
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool ControllerProcess::running() const {
    return pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0;
}

std::string ControllerProcess::log() const {
    return read(log_);
}

std::string ControllerProcess::command_line() const {
    return read("/proc/" + std::to_string(pid_) + "/cmdline");
}

}  // namespace lockkeeper::tests
