#pragma once

#include "kube/clock.hpp"
#include "kube/http.hpp"

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace lockkeeper::kube {

/// One answer on its way from the network's thread, which must never block, to the thread that asked for it: the head,
/// then bytes, then an end. Bounded: a producer that is told `Full` waits for `when_room` before it brings more.
class ResponseChannel {
  public:
    enum class Pushed { Taken, Full, Abandoned };

    explicit ResponseChannel(std::size_t capacity) : capacity_(capacity) {}

    // The producer's side.

    void set_head(HttpHead head);
    /// `Full`: the bytes were taken, but call when_room before the next. `Abandoned`: nobody reads any more, and what
    /// comes is dropped. Without memory for them the channel fails and is abandoned.
    Pushed push(std::string_view bytes) noexcept;
    /// Calls `resume` once there is room or the reader is gone: now, or later on the reader's thread.
    void when_room(std::function<void()> resume);
    /// The end, as it should be (nothing) or not. What comes after the first end is ignored.
    void finish(std::optional<TransportFailure> failure);

    // The reader's side. All throw TransportError: `Timeout` at `until`, `Interrupted` on a stop; what gives something
    // throws finish's failure once all that came before it was read.

    /// Until it has finished or is full.
    void wait_for_end(TimePoint until, const std::stop_token& stop);
    HttpHead wait_for_head(TimePoint until, const std::stop_token& stop);
    /// At least one byte; or none at the end.
    std::string read(TimePoint until, const std::stop_token& stop);

    /// Nothing more will be read.
    void abandon();
    /// Waits until the producer has finished. False if it has not done so within `patience`.
    bool wait_finished(std::chrono::milliseconds patience);

  private:
    enum class Awaited { Nothing, Head, Bytes, End, Finish };

    void wait(std::unique_lock<std::mutex>& lock, Awaited what, TimePoint until, const std::stop_token& stop);
    bool is_full() const { return bytes_.size() >= capacity_; }
    bool is_there(Awaited what) const;
    /// Wakes the reader if what he waits for is there. Lets go of the lock first, which he needs.
    void wake(std::unique_lock<std::mutex> lock) noexcept;

    const std::size_t capacity_;
    std::mutex mutex_;
    Awaited awaited_ = Awaited::Nothing;
    std::condition_variable_any changed_;
    std::optional<HttpHead> head_;
    std::string bytes_;
    std::function<void()> resume_;
    bool abandoned_ = false;
    bool finished_ = false;
    std::optional<TransportFailure> failure_;
};

}  // namespace lockkeeper::kube
