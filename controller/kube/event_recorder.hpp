#pragma once

#include "kube/api_client.hpp"
#include "kube/event_series.hpp"
#include "kube/log_sink.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>

namespace lockkeeper::kube {

/// Stores events, as best it can: from a thread of its own, behind a queue of bounded length whose newest are dropped
/// when it is full. What cannot be stored is forgotten after some tries, and nobody else hears of it. Many at once are
/// stored at a pace that leaves the API server to the statuses, which others wait for. Safe from any thread.
class EventRecorder {
  public:
    using Pace = TokenBucket<std::chrono::steady_clock::time_point>;

    struct Options {
        EventReporter reporter;
        std::string field_manager;
        std::size_t longest_queue = 10'000;
        Pace::Limits pace{100, std::chrono::milliseconds(50)};
        /// Where the pace holds them up, they wait for as many as it allows in this time: to wake up for each one costs
        /// more than to store it.
        std::chrono::milliseconds row{1'000};
        int most_tries = 12;
        std::chrono::milliseconds first_pause{500};  ///< after a failed try; doubled with each further one
        std::chrono::milliseconds longest_pause{10'000};
        std::chrono::milliseconds time_to_flush{2'000};  ///< for what waits at the end
    };

    /// The client must outlive it.
    EventRecorder(ApiClient& client, Options options, LogSink log);
    /// Stores what still waits, if that is quickly done.
    ~EventRecorder();
    EventRecorder(const EventRecorder&) = delete;
    EventRecorder& operator=(const EventRecorder&) = delete;

    /// Returns at once.
    void record(Event event);

  private:
    struct Waiting {
        Event event;
        std::chrono::system_clock::time_point time;
    };

    void run();
    void keep_pace();
    void store(const StoredEvent& event);
    /// False if it is worth another try.
    bool try_to_store(const StoredEvent& event);
    void complain(const ApiError& error);

    ApiClient& client_;
    const Options options_;
    const LogSink log_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Waiting> queue_;
    bool is_ending_ = false;
    bool has_ended_ = false;

    EventSeries series_;           ///< of the thread
    Pace pace_;                    ///< of the thread
    bool has_complained_ = false;  ///< of the thread
    std::stop_source give_up_;
    std::thread thread_;
};

}  // namespace lockkeeper::kube
