#pragma once

#include <chrono>
#include <optional>
#include <stop_token>

namespace lockkeeper::postgres {

/// Waits for a socket and for a stop request at once: the request writes to an eventfd that poll() watches too.
class Waker {
  public:
    explicit Waker(const std::stop_token& stop) { follow(stop); }

    /// From now on this one's requests count, and no other's.
    void follow(const std::stop_token& stop);

    enum class Woken { Ready, Stopped, TimedOut };

    /// Waits for poll(2) events on a socket; without a timeout for as long as it takes.
    Woken wait(int socket, short events, std::optional<std::chrono::milliseconds> timeout) const;

  private:
    class EventFd {
      public:
        EventFd();
        ~EventFd();
        EventFd(const EventFd&) = delete;
        EventFd& operator=(const EventFd&) = delete;
        int descriptor() const noexcept { return descriptor_; }

      private:
        int descriptor_;
    };
    struct Signal {
        int descriptor;
        void operator()() const noexcept;
    };

    EventFd event_;  // outlives the callback, whose destructor waits for a Signal that is under way
    std::optional<std::stop_callback<Signal>> callback_;
};

}  // namespace lockkeeper::postgres
