#include "kube/worker_pool.hpp"

#include <exception>
#include <utility>

namespace lockkeeper::kube {

WorkerPool::WorkerPool(WorkQueue& queue, Reconcile reconcile, const Options& options, LogSink log)
    : queue_(queue), reconcile_(std::move(reconcile)), log_(std::move(log)), limiter_(options.retry, options.random) {
    for (std::size_t number = 0; number < options.workers; ++number) workers_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() {
    shut_down(std::chrono::milliseconds(0));
}

void WorkerPool::shut_down(std::chrono::milliseconds grace) {
    queue_.shut_down();
    queue_.wait_until_idle(grace);
    out_of_time_.request_stop();
    workers_.clear();  // joins
}

void WorkerPool::work() {
    while (const auto key = queue_.take()) {
        process(*key);
        queue_.done(*key);
    }
}

/// Before the key is given back: whoever adds it meanwhile finds it processing.
void WorkerPool::process(const NamespacedName& key) {
    const auto result = reconcile_or_fail(key);
    if (std::holds_alternative<Failed>(result)) {
        queue_.add_after(key, limiter_.next_delay(key));
        return;
    }
    limiter_.forget(key);
    if (const auto* const again = std::get_if<RequeueAfter>(&result)) queue_.add_after(key, again->delay);
}

ReconcileResult WorkerPool::reconcile_or_fail(const NamespacedName& key) {
    try {
        return reconcile_(key, out_of_time_.get_token());
    } catch (const std::exception& error) {
        log_(LogLevel::Error, "reconcile failed", {{"object", key.to_string()}, {"error", error.what()}});
    } catch (...) {
        log_(LogLevel::Error, "reconcile failed", {{"object", key.to_string()}, {"error", "not a std::exception"}});
    }
    return Failed{};
}

}  // namespace lockkeeper::kube
