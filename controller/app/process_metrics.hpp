#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

namespace lockkeeper::app {

/// The process_* metrics of Prometheus's client libraries, read from /proc when asked.
class ProcessMetrics : public prometheus::Collectable {
  public:
    std::vector<prometheus::MetricFamily> Collect() const override;  // NOLINT(readability-identifier-naming)
};

}  // namespace lockkeeper::app
