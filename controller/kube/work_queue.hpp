#pragma once

#include "kube/clock.hpp"
#include "kube/work_queue_state.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace lockkeeper::kube {

/// Keys that wait for a worker. Safe from any thread. See WorkQueueState for what is promised.
class WorkQueue {
  public:
    /// Both must outlive it.
    explicit WorkQueue(Clock& clock, QueueObserver* observer = nullptr) : clock_(clock), state_(observer) {}

    void add(const NamespacedName& key);
    void add_after(const NamespacedName& key, std::chrono::milliseconds delay);

    /// Waits for a key, which the caller gives back by done(). Nothing once the queue is shut down.
    std::optional<NamespacedName> take();
    /// The same without waiting: nothing if there is none now.
    std::optional<NamespacedName> take_now();
    void done(const NamespacedName& key);

    /// Takes and gives out nothing more, and forgets what waits: a controller that starts again lists everything anew.
    void shut_down();

    /// Waits for all keys that were taken to be done. False if they were not within `patience`.
    bool wait_until_idle(std::chrono::milliseconds patience);

    std::size_t queued() const;

  private:
    std::optional<NamespacedName> take_ready();

    Clock& clock_;
    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable idle_;
    WorkQueueState state_;
    bool is_shut_down_ = false;
};

}  // namespace lockkeeper::kube
