#include "kube/child_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace lockkeeper::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t longest_errors = 4'096;
constexpr milliseconds patience{50};  ///< between looks at the clock, the stop and the child

std::string reason(int error) {
    return std::generic_category().message(error);
}

/// The end of a pipe that we read, and the one that the child writes.
class Pipe {
  public:
    Pipe() {
        if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw ChildFailure("no pipe: " + reason(errno));
        // Ours alone: a child that finds the pipe full must wait, and not fail.
        ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    }
    ~Pipe() {
        close_end(0);
        close_end(1);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    int writing() const { return ends_[1]; }
    void close_writing() { close_end(1); }
    bool is_open() const { return ends_[0] >= 0; }
    pollfd to_poll() const { return {.fd = ends_[0], .events = POLLIN, .revents = 0}; }

    /// Takes what is there, or the next piece of it; closed at its end.
    void read_into(std::string& text) {
        std::array<char, 4'096> bytes{};
        for (int pieces = 0; is_open() && pieces < 32; ++pieces) {
            const auto count = ::read(ends_[0], bytes.data(), bytes.size());
            if (count > 0) {
                text.append(bytes.data(), static_cast<std::size_t>(count));
            } else {
                if (count == 0 || (errno != EAGAIN && errno != EINTR)) close_end(0);
                return;
            }
        }
    }

  private:
    void close_end(int which) {
        auto& end = ends_.at(static_cast<std::size_t>(which));
        if (end >= 0) ::close(std::exchange(end, -1));
    }

    std::array<int, 2> ends_{-1, -1};
};

std::vector<std::string> joined_environment(const std::vector<std::string>& added) {
    auto all = added;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        const auto name = text.substr(0, text.find('=') + 1);
        const bool is_replaced = std::ranges::any_of(added, [&](const auto& one) { return one.starts_with(name); });
        if (!is_replaced) all.emplace_back(text);
    }
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// The leader of a process group of its own, so that what it starts can be killed with it.
pid_t start(const ChildProgram& program, const Pipe& output, const Pipe& errors) {
    std::vector<std::string> words{program.command};
    words.insert(words.end(), program.arguments.begin(), program.arguments.end());
    auto variables = joined_environment(program.environment);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, output.writing(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, errors.writing(), STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);  // Asio's sockets are inherited
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    sigset_t ignored = none;
    ::sigaddset(&ignored, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes, &ignored);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, program.command.c_str(), &files, &attributes, pointers_to(words).data(),
                                     pointers_to(variables).data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    if (error != 0) throw ChildFailure("it cannot be started: " + reason(error));
    return pid;
}

/// A child that is there until it has been waited for.
class Child {
  public:
    explicit Child(pid_t pid) : pid_(pid) {}
    ~Child() {
        if (ended_) return;
        ::kill(-pid_, SIGKILL);
        int ignored = 0;
        while (::waitpid(pid_, &ignored, 0) < 0 && errno == EINTR) {
        }
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    bool has_ended() {
        int status = 0;
        if (!ended_ && ::waitpid(pid_, &status, WNOHANG) == pid_) ended_ = status;
        return ended_.has_value();
    }
    int exit_code() const {
        const int status = ended_.value_or(0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

  private:
    pid_t pid_;
    std::optional<int> ended_;
};

void keep_end(std::string& text) {
    if (text.size() > longest_errors) text.erase(0, text.size() - longest_errors);
}

}  // namespace

ChildEnd run_child(const ChildProgram& program, const std::stop_token& stop) {
    Pipe output;
    Pipe errors;
    Child child(start(program, output, errors));
    output.close_writing();
    errors.close_writing();
    const auto until = steady_clock::now() + program.time_limit;
    ChildEnd end;
    for (bool last_look = false; !last_look;) {
        // What it left in the pipes, which hold less than is read at a time, is read once more after its end; who else
        // holds them is not waited for.
        last_look = child.has_ended();
        std::array<pollfd, 2> both{output.to_poll(), errors.to_poll()};
        if (!last_look) ::poll(both.data(), both.size(), static_cast<int>(patience.count()));
        output.read_into(end.output);
        errors.read_into(end.errors);
        keep_end(end.errors);
        if (end.output.size() > program.largest_output) throw ChildFailure("it wrote too much");
        if (stop.stop_requested()) throw ChildFailure("interrupted by a stop");
        if (!last_look && steady_clock::now() >= until) {
            throw ChildFailure("it did not end within " + std::to_string(program.time_limit.count()) + " ms");
        }
        if (!last_look && !output.is_open() && !errors.is_open()) ::poll(nullptr, 0, 1);
    }
    end.exit_code = child.exit_code();
    return end;
}

}  // namespace lockkeeper::kube
