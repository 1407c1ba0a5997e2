#include "kube/worker_pool.hpp"

#include <exception>
#include <utility>

namespace lockkeeper::kube {
namespace {

ReconcileEnd end_of(const ReconcileResult& result) {
    if (std::holds_alternative<Failed>(result)) return ReconcileEnd::Error;
    return std::holds_alternative<RequeueAfter>(result) ? ReconcileEnd::RequeueAfter : ReconcileEnd::Success;
}

}  // namespace

WorkerPool::WorkerPool(WorkQueue& queue, Reconcile reconcile, const Options& options, LogSink log)
    : queue_(queue),
      reconcile_(std::move(reconcile)),
      log_(std::move(log)),
      observer_(options.observer),
      on_idle_(options.on_idle),
      limiter_(options.retry, options.random) {
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
    while (const auto key = next_key()) {
        process(*key);
        queue_.done(*key);
    }
}

std::optional<NamespacedName> WorkerPool::next_key() {
    if (auto key = queue_.take_now()) return key;
    if (on_idle_) on_idle_();
    return queue_.take();
}

/// Before the key is given back: whoever adds it meanwhile finds it processing.
void WorkerPool::process(const NamespacedName& key) {
    const auto result = observed_reconcile(key);
    if (std::holds_alternative<Failed>(result)) {
        queue_.add_after(key, limiter_.next_delay(key));
        return;
    }
    limiter_.forget(key);
    if (const auto* const again = std::get_if<RequeueAfter>(&result)) queue_.add_after(key, again->delay);
}

ReconcileResult WorkerPool::observed_reconcile(const NamespacedName& key) {
    if (observer_ == nullptr) return reconcile_or_fail(key).first;
    const auto begin = std::chrono::steady_clock::now();
    observer_->began();
    const auto [result, end] = reconcile_or_fail(key);
    observer_->ended(end, std::chrono::steady_clock::now() - begin);
    return result;
}

std::pair<ReconcileResult, ReconcileEnd> WorkerPool::reconcile_or_fail(const NamespacedName& key) {
    try {
        const auto result = reconcile_(key, out_of_time_.get_token());
        return {result, end_of(result)};
    } catch (const std::exception& error) {
        log_(LogLevel::Error, "reconcile failed", {{"object", key.to_string()}, {"error", error.what()}});
        return {Failed{}, ReconcileEnd::Error};
    } catch (...) {
        log_(LogLevel::Error, "reconcile failed", {{"object", key.to_string()}, {"error", "not a std::exception"}});
        return {Failed{}, ReconcileEnd::Panic};
    }
}

}  // namespace lockkeeper::kube
