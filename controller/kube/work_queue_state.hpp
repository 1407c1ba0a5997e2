#pragma once

#include "kube/clock.hpp"
#include "kube/namespaced_name.hpp"
#include "kube/observers.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace lockkeeper::kube {

/// What a work queue holds and how that changes (client-go's workqueue), without threads and with time as an argument.
///
/// A key is dirty from the moment it is added until it is taken, and processing from then until it is done. A key that
/// is added while dirty is not added again; one that is added while processing becomes dirty, and is queued when it is
/// done. So nothing is lost, nothing is done twice for one change, and no key is processed by two at once.
class WorkQueueState {
  public:
    explicit WorkQueueState(QueueObserver* observer = nullptr) : observer_(observer) {}

    void add(const NamespacedName& key);

    /// Adds it at `ready`. An earlier time replaces a later one, never the reverse.
    void add_at(const NamespacedName& key, TimePoint ready);

    /// The key that has waited longest, which becomes processing.
    std::optional<NamespacedName> take(TimePoint now);

    /// To be called for every key taken.
    void done(const NamespacedName& key);

    /// When the first delayed key is ready.
    std::optional<TimePoint> next_ready() const;

    std::size_t queued() const { return queue_.size(); }
    std::size_t delayed() const { return ready_at_.size(); }
    std::size_t processing() const { return processing_.size(); }

    /// Forgets all that is not being processed.
    void clear();

  private:
    void queue_what_is_ready(TimePoint now);

    QueueObserver* observer_;

    std::deque<NamespacedName> queue_;  ///< dirty and not processing, in order
    std::unordered_set<NamespacedName> dirty_;
    std::unordered_set<NamespacedName> processing_;
    std::unordered_map<NamespacedName, TimePoint> ready_at_;
    std::set<std::pair<TimePoint, NamespacedName>> by_time_;  ///< the same, in order
};

}  // namespace lockkeeper::kube
