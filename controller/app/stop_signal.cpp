#include "app/stop_signal.hpp"

#include "postgres/waker.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
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

/// Signals that are blocked, as something to poll.
class SignalFd {
  public:
    explicit SignalFd(const sigset_t& signals) : descriptor_(signalfd(-1, &signals, SFD_CLOEXEC)) {
        if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
    }
    ~SignalFd() { ::close(descriptor_); }
    SignalFd(const SignalFd&) = delete;
    SignalFd& operator=(const SignalFd&) = delete;

    /// The number of the next signal; 0 when asked to end before one comes.
    int wait(const postgres::Waker& end) const {
        if (end.wait(descriptor_, POLLIN, std::nullopt) != postgres::Waker::Woken::Ready) return 0;
        signalfd_siginfo signal{};
        return ::read(descriptor_, &signal, sizeof signal) == sizeof signal ? static_cast<int>(signal.ssi_signo) : 0;
    }

  private:
    int descriptor_;
};

}  // namespace

StopSignal::StopSignal() {
    const auto signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR) throw std::system_error(errno, std::generic_category(), "signal");
    waiter_ = std::jthread([this, signals](const std::stop_token& stop) {
        const SignalFd given(signals);
        const postgres::Waker end(stop);
        if (given.wait(end) == 0) return;
        source_.request_stop();
        if (const int second = given.wait(end); second != 0) ::_exit(128 + second);
    });
}

StopSignal::~StopSignal() = default;

}  // namespace lockkeeper::app
