#include "kube/child_program.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>

using namespace lockkeeper::kube;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

ChildProgram shell(const std::string& script, std::chrono::milliseconds limit = 60s) {
    return {.command = "sh", .arguments = {"-c", script}, .environment = {}, .time_limit = limit};
}

bool process_exists(const std::string& pid) {
    return ::kill(std::stoi(pid), 0) == 0;
}

}  // namespace

TEST_CASE("a program runs to its end, and what it wrote and how it ended is known") {
    const auto end = run_child(shell("echo out; echo err >&2; exit 3"), {});
    CHECK(end.exit_code == 3);
    CHECK(end.output == "out\n");
    CHECK(end.errors == "err\n");
    CHECK(run_child(shell("kill -TERM $$"), {}).exit_code == 128 + SIGTERM);
}

TEST_CASE("arguments reach a program as they are: there is no shell in between") {
    ChildProgram program{
        .command = "printf", .arguments = {"%s", "$HOME `id` \"'"}, .environment = {}, .time_limit = 60s};
    CHECK(run_child(program, {}).output == "$HOME `id` \"'");
}

TEST_CASE("a program gets our environment, with what is added in place of what was there") {
    auto program = shell("echo \"$LOCKKEEPER_CHILD $PATH\"; env | grep -c ^PATH=");
    program.environment = {"LOCKKEEPER_CHILD=x", "PATH=/usr/bin:/bin:/of/ours"};
    CHECK(run_child(program, {}).output == "x /usr/bin:/bin:/of/ours\n1\n");
}

TEST_CASE("a program has nothing to read and none of our descriptors") {
    const int ours = ::open("/dev/zero", O_RDONLY);  // without O_CLOEXEC, as the HTTP library's sockets are
    const auto end = run_child(shell("cat; ls /proc/self/fd | wc -l"), {});
    ::close(ours);
    CHECK(end.output == "4\n");  // of ls itself: the three and the folder that it reads
}

TEST_CASE("a program that blocks signals are sent to can still be ended by them") {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const auto end = run_child(shell("kill -TERM $$; echo survived"), {});
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    CHECK(end.output.empty());
}

TEST_CASE("a program that is not there says so") {
    CHECK_THROWS_WITH(
        run_child({.command = "/nowhere/plugin", .arguments = {}, .environment = {}, .time_limit = 1s}, {}),
        Contains("cannot be started: No such file"));
}

TEST_CASE("a program that does not end in time is killed, with what it started") {
    std::string child;
    const auto began = std::chrono::steady_clock::now();
    // What it started holds the pipes, and would be waited for otherwise.
    CHECK_THROWS_WITH(run_child(shell("sleep 600 & echo $! >/tmp/lockkeeper-child.$PPID; wait", 300ms), {}),
                      Contains("did not end within 300 ms"));
    CHECK(std::chrono::steady_clock::now() - began < 60s);
    const auto file = "/tmp/lockkeeper-child." + std::to_string(::getpid());
    child = run_child(shell("cat " + file + "; rm " + file), {}).output;
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (process_exists(child) && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(10ms);
    CHECK_FALSE(process_exists(child));
}

TEST_CASE("a program that writes more than a pipe holds, all at once, is waited for and read to its end") {
    CHECK(run_child(shell("dd if=/dev/zero bs=900000 count=1 2>/dev/null"), {}).output.size() == 900'000);
}

TEST_CASE("a program that leaves something behind is not waited for any longer") {
    const auto end = run_child(shell("sleep 5 & echo done"), {});
    CHECK(end.output == "done\n");
}

TEST_CASE("a stop ends a program at once") {
    std::stop_source stop;
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(50ms);
        stop.request_stop();
    });
    const auto began = std::chrono::steady_clock::now();
    CHECK_THROWS_WITH(run_child(shell("exec sleep 600"), stop.get_token()), Contains("stop"));
    CHECK(std::chrono::steady_clock::now() - began < 60s);
}

TEST_CASE("a program that writes without end is killed, and of its complaints the last are kept") {
    auto endless = shell("yes");
    endless.largest_output = 100'000;
    CHECK_THROWS_WITH(run_child(endless, {}), Contains("wrote too much"));
    const auto end = run_child(shell("seq 1 10000 >&2"), {});
    CHECK(end.errors.size() == 4'096);
    CHECK_THAT(end.errors, Catch::Matchers::EndsWith("9999\n10000\n"));
}
