#include "support/process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace lockkeeper::tests {
namespace {

std::string read(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::filesystem::path new_log() {
    static std::atomic<int> count{0};
    return std::filesystem::temp_directory_path() /
           ("lockkeeper-" + std::to_string(::getpid()) + "-" + std::to_string(++count) + ".log");
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

std::vector<std::string> with_own_environment(std::vector<std::string> environment) {
    for (char** variable = environ; *variable != nullptr; ++variable) environment.emplace_back(*variable);
    return environment;
}

}  // namespace

Process::Process(std::vector<std::string> arguments, const std::vector<std::string>& environment) : log_(new_log()) {
    const auto words = pointers_to(arguments);
    auto all_variables = with_own_environment(environment);
    const auto variables = pointers_to(all_variables);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    const int error = ::posix_spawnp(&pid_, words[0], &files, nullptr, words.data(), variables.data());
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) throw std::runtime_error("cannot start " + arguments[0]);
}

Process::~Process() {
    end(SIGTERM);
    std::filesystem::remove(log_);
}

int Process::wait() {
    if (pid_ > 0) ::waitpid(std::exchange(pid_, -1), &status_, 0);
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
}

int Process::end(int signal) {
    if (pid_ > 0) ::kill(pid_, signal);
    return wait();
}

bool Process::running() const {
    siginfo_t info{};
    return pid_ > 0 && ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
}

std::string Process::log() const {
    return read(log_);
}

std::string Process::command_line() const {
    return read("/proc/" + std::to_string(pid_) + "/cmdline");
}

}  // namespace lockkeeper::tests
