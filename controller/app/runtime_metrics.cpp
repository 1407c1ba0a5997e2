#include "app/runtime_metrics.hpp"

#include <algorithm>

namespace lockkeeper::app {
namespace {

using prometheus::Histogram;
using prometheus::Labels;

double seconds(std::chrono::steady_clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

const Histogram::BucketBoundaries reconcile_buckets{
    0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1,  1.25, 1.5,
    1.75,  2,    2.5,   3,    3.5, 4,    4.5, 5,    6,   7,    8,   9,    10,  15,  20,  25,  30,  40, 50,   60};
const Histogram::BucketBoundaries queue_buckets{1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1'000};
const Histogram::BucketBoundaries request_buckets{0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60};

prometheus::Family<prometheus::Counter>& counters(prometheus::Registry& registry, const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
prometheus::Family<prometheus::Gauge>& gauges(prometheus::Registry& registry, const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
prometheus::Family<Histogram>& histograms(prometheus::Registry& registry, const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

}  // namespace

RuntimeMetrics::RuntimeMetrics(const Names& names, kube::Clock& clock)
    : clock_(clock),
      host_(names.host),
      requests_(counters(registry_, "rest_client_requests_total",
                         "Requests to the API server, by status code, method and host")),
      request_time_(histograms(registry_, "rest_client_request_duration_seconds",
                               "Time to the head of the answer, by verb and host")) {
    register_controller(names);
    register_queue(names);
}

void RuntimeMetrics::register_controller(const Names& names) {
    const Labels labels{{"controller", names.controller}};
    auto& total = counters(registry_, "controller_runtime_reconcile_total", "Reconciles, by result");
    const auto with_result = [&](const char* result) {
        return &total.Add({{"controller", names.controller}, {"result", result}});
    };
    success_ = with_result("success");
    error_ = with_result("error");
    requeue_after_ = with_result("requeue_after");
    with_result("requeue");
    const auto counter = [&](const char* name, const char* help) {
        return &counters(registry_, name, help).Add(labels);
    };
    errors_ = counter("controller_runtime_reconcile_errors_total", "Reconciles that failed");
    counter("controller_runtime_terminal_reconcile_errors_total", "Reconciles that failed and are not tried again");
    panics_ = counter("controller_runtime_reconcile_panics_total", "Reconciles that ended in an unknown exception");
    reconcile_time_ = &histograms(registry_, "controller_runtime_reconcile_time_seconds", "Duration of a reconcile")
                           .Add(labels, reconcile_buckets);
    gauges(registry_, "controller_runtime_max_concurrent_reconciles", "Workers")
        .Add(labels)
        .Set(static_cast<double>(names.workers));
    active_workers_ = &gauges(registry_, "controller_runtime_active_workers", "Workers that reconcile").Add(labels);
}

void RuntimeMetrics::register_queue(const Names& names) {
    const Labels labels{{"name", names.controller}, {"controller", names.controller}};
    const auto gauge = [&](const char* name, const char* help) { return &gauges(registry_, name, help).Add(labels); };
    const auto histogram = [&](const char* name, const char* help) {
        return &histograms(registry_, name, help).Add(labels, queue_buckets);
    };
    depth_ = gauge("workqueue_depth", "Keys that wait for a worker");
    adds_ = &counters(registry_, "workqueue_adds_total", "Keys added").Add(labels);
    retries_ = &counters(registry_, "workqueue_retries_total", "Keys that come back after a delay").Add(labels);
    queued_time_ = histogram("workqueue_queue_duration_seconds", "How long a key waited for a worker");
    work_time_ = histogram("workqueue_work_duration_seconds", "How long a worker had a key");
    unfinished_ = gauge("workqueue_unfinished_work_seconds", "Age of all that is being worked on, summed");
    longest_ = gauge("workqueue_longest_running_processor_seconds", "Age of what has been worked on for longest");
}

void RuntimeMetrics::added(const kube::NamespacedName& key) {
    adds_->Increment();
    depth_->Increment();
    const std::lock_guard lock(mutex_);
    added_at_.try_emplace(key, clock_.now());
}

void RuntimeMetrics::taken(const kube::NamespacedName& key) {
    depth_->Decrement();
    const auto now = clock_.now();
    const std::lock_guard lock(mutex_);
    if (const auto since = added_at_.extract(key)) queued_time_->Observe(seconds(now - since.mapped()));
    taken_at_.insert_or_assign(key, now);
}

void RuntimeMetrics::done(const kube::NamespacedName& key) {
    const std::lock_guard lock(mutex_);
    if (const auto since = taken_at_.extract(key)) work_time_->Observe(seconds(clock_.now() - since.mapped()));
}

void RuntimeMetrics::cleared() {
    depth_->Set(0);
    const std::lock_guard lock(mutex_);
    added_at_.clear();
}

void RuntimeMetrics::ended(kube::ReconcileEnd end, std::chrono::steady_clock::duration duration) {
    active_workers_->Decrement();
    reconcile_time_->Observe(seconds(duration));
    if (end != kube::ReconcileEnd::Success) retries_->Increment();
    switch (end) {
        case kube::ReconcileEnd::Success:
            success_->Increment();
            return;
        case kube::ReconcileEnd::RequeueAfter:
            requeue_after_->Increment();
            return;
        case kube::ReconcileEnd::Panic:
            panics_->Increment();
            [[fallthrough]];
        case kube::ReconcileEnd::Error:
            error_->Increment();
            errors_->Increment();
    }
}

void RuntimeMetrics::answered(const std::string& method, const std::string& code,
                              std::chrono::steady_clock::duration duration) {
    requests_.Add({{"code", code}, {"method", method}, {"host", host_}}).Increment();
    request_time_.Add({{"verb", method}, {"host", host_}}, request_buckets).Observe(seconds(duration));
}

std::vector<prometheus::MetricFamily> RuntimeMetrics::Collect() const {
    double unfinished = 0;
    double longest = 0;
    {
        const auto now = clock_.now();
        const std::lock_guard lock(mutex_);
        for (const auto& [key, since] : taken_at_) {
            unfinished += seconds(now - since);
            longest = std::max(longest, seconds(now - since));
        }
    }
    unfinished_->Set(unfinished);
    longest_->Set(longest);
    return registry_.Collect();
}

}  // namespace lockkeeper::app
