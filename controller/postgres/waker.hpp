#pragma once

#include <chrono>
#include <optional>
#include <stop_token>

namespace lockkeeper::postgres {

/// Waits for a socket and for a stop request at once: the request writes to an eventfd that poll() watches too.
class Waker {
  public:
    explicit Waker(const std::stop_token& stop);
    ~Waker();
    Waker(const Waker&) = delete;
    Waker& operator=(const Waker&) = delete;

    enum class Woken { Ready, Stopped, TimedOut };

    /// Waits for poll(2) events on a socket; without a timeout for as long as it takes.
    Woken wait(int socket, short events, std::optional<std::chrono::milliseconds> timeout) const;

  private:
    struct Signal {
        int descriptor;
        void operator()() const noexcept;
    };

    int descriptor_;
    std::stop_callback<Signal> callback_;
};

}  // namespace lockkeeper::postgres
