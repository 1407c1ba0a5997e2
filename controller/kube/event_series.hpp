#pragma once

#include "kube/event.hpp"
#include "kube/token_bucket.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lockkeeper::kube {

/// Keeps events from flooding the API server (client-go's tools/events for series, its tools/record for the limit). It
/// decides only; time is an argument.
///
/// - The same thing again (subject, type, reason, action) within 6 minutes becomes a series of the first event, whose
///   note stays: the second one is told at once, the further ones are counted and told every 30 minutes, and when the
///   series ends.
/// - Of one subject 25 events are told in a row, then one in 5 minutes; what is beyond that is forgotten.
/// - It remembers the 3,072 subjects and series that were last heard of, and up to a thousand more.
class EventSeries {
  public:
    using TimePoint = std::chrono::system_clock::time_point;

    static constexpr std::chrono::minutes quiet_ends_series{6};
    static constexpr std::chrono::minutes refresh{30};
    static constexpr std::size_t burst = 25;
    static constexpr std::chrono::minutes one_more_after{5};
    static constexpr std::size_t most_remembered = 4096;

    /// What to store for an event that happens now: a new one, or an older one once more with its repeats. Nothing
    /// where it is only counted, or one too many.
    std::optional<StoredEvent> add(Event event, TimePoint now);

    /// The series whose repeats are to be told by now. To be called every minute or so.
    std::vector<StoredEvent> due(TimePoint now);

    /// The repeats that have not been told, for the way out.
    std::vector<StoredEvent> untold() const;

  private:
    /// As small as can be, since there are as many as there are Migrations when all of them change at once.
    struct Series {
        std::string name;  ///< of the first event
        std::string note;  ///< of the first event: the API server lets no more of it change than its series
        TimePoint first;
        TimePoint last;
        TimePoint told_at;
        std::size_t count = 1;
        std::unique_ptr<Event> untold;  ///< the newest, unless it has been told
    };
    using Allowance = TokenBucket<TimePoint>;

    static StoredEvent newest_of(const Series& series);
    static StoredEvent tell(Series& series, TimePoint now);
    bool is_allowed(const std::string& uid, TimePoint now);

    std::map<std::string, Series> series_;         ///< by what makes events the same
    std::map<std::string, Allowance> allowances_;  ///< by the subject's uid
};

}  // namespace lockkeeper::kube
