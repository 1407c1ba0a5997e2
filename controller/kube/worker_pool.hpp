#pragma once

#include "kube/log_sink.hpp"
#include "kube/observers.hpp"
#include "kube/rate_limiter.hpp"
#include "kube/work_queue.hpp"

#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace lockkeeper::kube {

/// Nothing more to do until something changes. Also what a failure returns that only a person can help.
struct Done {};

/// Not a failure: look again then, or earlier if something changes.
struct RequeueAfter {
    std::chrono::milliseconds delay;
};

/// Try again, later and later. The same as throwing.
struct Failed {};

using ReconcileResult = std::variant<Done, RequeueAfter, Failed>;

/// Threads that reconcile the keys of a queue (controller-runtime's controller).
///
/// | result          | the key's failures | the key comes back                    |
/// |-----------------|--------------------|---------------------------------------|
/// | Done            | forgotten          | when it is added                      |
/// | RequeueAfter    | forgotten          | after the delay, or when it is added  |
/// | Failed, throws  | one more           | after the rate limiter's delay        |
class WorkerPool {
  public:
    /// Level-triggered: it gets a name, and looks for itself what is there; a name that is not there is normal. The
    /// stop is requested when the pool has no more time for it.
    using Reconcile = std::function<ReconcileResult(const NamespacedName&, const std::stop_token&)>;

    struct Options {
        std::size_t workers = 1;
        RateLimiter::Limits retry{};
        Random random = system_random();
        WorkerObserver* observer = nullptr;  ///< outlives the pool
        std::function<void()> on_idle{};     ///< by a worker for whom there is nothing, before it waits; may be empty
    };

    /// Starts the workers. Not before all caches that they read from have synced.
    WorkerPool(WorkQueue& queue, Reconcile reconcile, const Options& options, LogSink log);
    /// shut_down(0).
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// Starts nothing more, gives what runs `grace` to end, then requests its stop and waits for it.
    void shut_down(std::chrono::milliseconds grace);

  private:
    void work();
    std::optional<NamespacedName> next_key();
    void process(const NamespacedName& key);
    /// What it comes to, and how it ended for the observer.
    std::pair<ReconcileResult, ReconcileEnd> reconcile_or_fail(const NamespacedName& key);
    ReconcileResult observed_reconcile(const NamespacedName& key);

    WorkQueue& queue_;
    const Reconcile reconcile_;
    const LogSink log_;
    WorkerObserver* const observer_;
    const std::function<void()> on_idle_;
    RateLimiter limiter_;
    std::stop_source out_of_time_;
    std::vector<std::jthread> workers_;
};

}  // namespace lockkeeper::kube
