#include "postgres/waker.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace lockkeeper::postgres {
namespace {

int remaining(std::optional<std::chrono::steady_clock::time_point> deadline) {
    if (!deadline) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now());
    return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

}  // namespace

void Waker::Signal::operator()() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(descriptor, &one, sizeof one);
}

Waker::EventFd::EventFd() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Waker::EventFd::~EventFd() {
    ::close(descriptor_);
}

void Waker::follow(const std::stop_token& stop) {
    callback_.reset();
    std::uint64_t requests = 0;
    [[maybe_unused]] const auto forgotten = ::read(event_.descriptor(), &requests, sizeof requests);
    callback_.emplace(stop, Signal{event_.descriptor()});
}

Waker::Woken Waker::wait(int socket, short events, std::optional<std::chrono::milliseconds> timeout) const {
    std::optional<std::chrono::steady_clock::time_point> deadline;
    if (timeout) deadline = std::chrono::steady_clock::now() + *timeout;
    std::array<pollfd, 2> watched{{{event_.descriptor(), POLLIN, 0}, {socket, events, 0}}};
    while (true) {
        const int woken = ::poll(watched.data(), watched.size(), remaining(deadline));
        if (woken < 0 && errno == EINTR) continue;
        if (woken < 0) throw std::system_error(errno, std::generic_category(), "poll");
        if (watched[0].revents != 0) return Woken::Stopped;
        if (watched[1].revents != 0) return Woken::Ready;
        return Woken::TimedOut;
    }
}

}  // namespace lockkeeper::postgres
