#pragma once

#include "kube/backoff.hpp"
#include "kube/clock.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <variant>

namespace lockkeeper::kube {

/// What went wrong with a list or a watch, by what follows from it.
struct ListWatchTrouble {
    enum class Kind {
        Unreachable,  ///< no answer: down, restarting, or the way to it is cut
        Throttled,    ///< 429
        Denied,       ///< 401, 403: somebody has to grant something
        NotFound,     ///< 404: there is no such kind (yet)
        Expired,      ///< 410 as a status or inside a watch, or a version from another server: list again
        Garbled,      ///< what came cannot be read
        Failed,       ///< anything else, such as 500
    };
    Kind kind;
    std::chrono::milliseconds retry_after{0};  ///< as the server asked
};

/// How a watch ended.
struct WatchEnd {
    std::chrono::milliseconds lasted;
    int events = 0;                             ///< that it brought, bookmarks too
    std::optional<ListWatchTrouble> trouble{};  ///< nothing for an end, or a silence, as it happens now and then

    /// Less than a second, and nothing came: whatever ends it, it would do so again at once.
    bool was_cut_short() const { return !trouble && events == 0 && lasted < std::chrono::seconds(1); }
};

/// What to do next, after a pause.
struct ListWatchStep {
    struct List {
        std::string continue_token;  ///< empty: from the beginning
        bool operator==(const List&) const = default;
    };
    struct Watch {
        std::string resource_version;
        bool operator==(const Watch&) const = default;
    };
    std::variant<List, Watch> action;
    std::chrono::milliseconds pause{0};
};

/// The rules of list and watch (client-go's reflector, kube-rs's watcher) as a pure state machine: told how the last
/// step went, it says the next one.
///
/// - Lists ask for no version, which is the newest there is, in pages. `resourceVersion=0` would be cheaper for etcd,
///   but goes back in time where a second API server lags behind, and then pages are not had.
/// - A watch that ends goes on where it was. So it does after a lost connection, a refused one, a 429, and after a
/// first
///   failure of the server's; after a second in a row, garbage, an expired version or a 404 it is listed again.
/// - A watch of less than a second that brought nothing is a failure: something between us and the server ends it.
/// - Pauses grow from 0.8 s to 30 s and up to twice that by jitter, and start anew after two minutes without failure. A
///   server, or a kind, that is not there costs little to ask and is missed at once, so there they end at 2 s.
class ListWatch {
  public:
    explicit ListWatch(const Random& random);

    /// The first step.
    ListWatchStep start() const;

    ListWatchStep page_listed(const std::string& resource_version, const std::string& continue_token, TimePoint now);
    ListWatchStep list_failed(const ListWatchTrouble& trouble, TimePoint now);

    /// An event or a bookmark of the watch. Versions are opaque: the last one counts, not the greatest.
    void saw(const std::string& resource_version);
    ListWatchStep watch_ended(const WatchEnd& end, TimePoint now);

  private:
    std::chrono::milliseconds pause_after(const ListWatchTrouble& trouble, TimePoint now);
    ListWatchStep list_again(std::chrono::milliseconds pause);
    ListWatchStep watch_again(std::chrono::milliseconds pause) const;

    Backoff while_unreachable_;
    Backoff after_failure_;
    std::string resource_version_;
    std::string continue_token_;
    std::optional<TimePoint> listed_at_;
    int failures_in_a_row_ = 0;  ///< of watches, without an event between them
};

}  // namespace lockkeeper::kube
