#include "app/stop_signal.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <system_error>

namespace lockkeeper::app {
namespace {

sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

/// Waits for a signal until told to end. A short time limit, since a thread in sigtimedwait hears nothing else.
int wait_for_signal(const sigset_t& signals, const std::stop_token& end) {
    constexpr timespec tick{0, 100'000'000};
    while (!end.stop_requested()) {
        const int signal = sigtimedwait(&signals, nullptr, &tick);
        if (signal > 0) return signal;
    }
    return 0;
}

}  // namespace

StopSignal::StopSignal() {
    const auto signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR) throw std::system_error(errno, std::generic_category(), "signal");
    waiter_ = std::jthread([this, signals](const std::stop_token& end) {
        if (wait_for_signal(signals, end) == 0) return;
        source_.request_stop();
        if (const int second = wait_for_signal(signals, end); second != 0) ::_exit(128 + second);
    });
}

StopSignal::~StopSignal() = default;

}  // namespace lockkeeper::app
