#pragma once

#include "kube/clock.hpp"
#include "kube/observers.hpp"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace lockkeeper::app {

/// What the controller runtime does, under controller-runtime's names and labels, so that dashboards and alerts made
/// for it work here: controller_runtime_*, workqueue_* and rest_client_*. Series with fixed labels are there from the
/// start, with 0.
/// Source: sigs.k8s.io/controller-runtime, pkg/internal/controller/metrics and pkg/metrics.
class RuntimeMetrics : public kube::QueueObserver,
                       public kube::WorkerObserver,
                       public kube::RequestObserver,
                       public prometheus::Collectable {
  public:
    struct Names {
        std::string controller;  ///< also the queue's name
        std::string host;        ///< of the API server, with its port
        std::size_t workers = 1;
    };
    RuntimeMetrics(const Names& names, kube::Clock& clock);

    void added(const kube::NamespacedName& key) override;
    void taken(const kube::NamespacedName& key) override;
    void done(const kube::NamespacedName& key) override;
    void cleared() override;

    void began() override { active_workers_->Increment(); }
    void ended(kube::ReconcileEnd end, std::chrono::steady_clock::duration duration) override;

    void answered(const std::string& method, const std::string& code,
                  std::chrono::steady_clock::duration duration) override;

    std::vector<prometheus::MetricFamily> Collect() const override;  // NOLINT(readability-identifier-naming)

  private:
    void register_controller(const Names& names);
    void register_queue(const Names& names);

    kube::Clock& clock_;
    prometheus::Registry registry_;
    const std::string host_;

    prometheus::Counter* success_ = nullptr;
    prometheus::Counter* error_ = nullptr;
    prometheus::Counter* requeue_after_ = nullptr;
    prometheus::Counter* errors_ = nullptr;
    prometheus::Counter* panics_ = nullptr;
    prometheus::Histogram* reconcile_time_ = nullptr;
    prometheus::Gauge* active_workers_ = nullptr;

    prometheus::Gauge* depth_ = nullptr;
    prometheus::Counter* adds_ = nullptr;
    prometheus::Counter* retries_ = nullptr;
    prometheus::Histogram* queued_time_ = nullptr;
    prometheus::Histogram* work_time_ = nullptr;
    prometheus::Gauge* unfinished_ = nullptr;
    prometheus::Gauge* longest_ = nullptr;

    prometheus::Family<prometheus::Counter>& requests_;
    prometheus::Family<prometheus::Histogram>& request_time_;

    mutable std::mutex mutex_;  ///< of both maps
    std::unordered_map<kube::NamespacedName, kube::TimePoint> added_at_;
    std::unordered_map<kube::NamespacedName, kube::TimePoint> taken_at_;
};

}  // namespace lockkeeper::app
