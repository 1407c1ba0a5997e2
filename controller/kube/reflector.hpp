#pragma once

#include "kube/api_client.hpp"
#include "kube/clock.hpp"
#include "kube/list_watch.hpp"
#include "kube/log_sink.hpp"
#include "kube/object_sink.hpp"

#include <chrono>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

namespace lockkeeper::kube {

/// Keeps a sink like the API server's objects of a selection, for as long as it runs: ListWatch's rules, carried out.
/// It never gives up; what keeps it from working is logged once, and told by `trouble`.
class Reflector {
  public:
    struct Options {
        Selection selection;
        /// Of large objects a smaller page spares memory: all of a page's text is held at once.
        int page_size = 500;
        std::chrono::milliseconds idle_limit{150'000};  ///< see WatchStream
        Random random = system_random();
    };

    /// All must outlive it.
    Reflector(ApiClient& client, Options options, ObjectSink& sink, Clock& clock, LogSink log);

    /// Returns within two seconds of a stop, and not before. On a thread of its own.
    void run(const std::stop_token& stop);

    /// Why nothing can be seen at the moment; nothing while it works. Safe from any thread.
    std::optional<std::string> trouble() const;

  private:
    using Trouble = std::optional<ListWatchTrouble>;

    ListWatchStep list(const std::string& continue_token, const std::stop_token& stop);
    ListWatchStep watch(const std::string& resource_version, const std::stop_token& stop);
    /// Until the watch ends. Counts its events, also when it throws.
    void follow(const std::string& resource_version, int& events, const std::stop_token& stop);
    void take(const WatchEvent& event);

    /// Runs it, and makes what it throws a trouble that has been noted.
    template <typename Work>
    Trouble attempt(Work work);
    ListWatchTrouble note(ListWatchTrouble trouble, const std::string& message);
    void set_trouble(std::optional<std::string> message);
    void note_success();

    ApiClient& client_;
    const Options options_;
    ObjectSink& sink_;
    Clock& clock_;
    const LogSink log_;
    ListWatch rules_;
    /// The kind of trouble that the log knows of. The reflector's thread's alone.
    std::optional<ListWatchTrouble::Kind> logged_;

    mutable std::mutex mutex_;
    std::optional<std::string> trouble_;
};

}  // namespace lockkeeper::kube
