#pragma once

#include "api/migration.hpp"
#include "kube/object_cache.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

namespace lockkeeper::app {

/// What the statuses of all Migrations say, counted when asked: lockkeeper_migrations by the Ready condition, scripts
/// applied, pending and missing by namespace, and each Migration that is not Ready by its name, as far as
/// `most_not_ready`: what is well has no series of its own, so that ten thousand Migrations do not cost as many.
class MigrationMetrics : public prometheus::Collectable {
  public:
    using Cache = kube::ObjectCache<api::Migration>;
    static constexpr std::size_t most_not_ready = 1'000;

    /// It must outlive this object.
    explicit MigrationMetrics(const Cache& cache) : cache_(cache) {}

    std::vector<prometheus::MetricFamily> Collect() const override;  // NOLINT(readability-identifier-naming)

  private:
    const Cache& cache_;
};

}  // namespace lockkeeper::app
