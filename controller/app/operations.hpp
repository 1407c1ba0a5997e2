#pragma once

#include "app/health_checks.hpp"
#include "app/listen_address.hpp"
#include "app/migration_metrics.hpp"
#include "app/probe_server.hpp"
#include "app/process_metrics.hpp"
#include "app/run_metrics.hpp"
#include "app/runtime_metrics.hpp"

#include <atomic>
#include <optional>
#include <string>

namespace lockkeeper::app {

/// Where operations are shown; no address: nowhere.
struct OperationsAddresses {
    std::optional<ListenAddress> metrics;
    std::optional<ListenAddress> health;
};

/// What whoever operates the controller wants to know of it, collected by all its parts.
struct Operations {
    Operations(const OperationsAddresses& addresses, const RuntimeMetrics::Names& names, kube::Clock& clock) {
        if (addresses.metrics) counters.emplace(names, clock);
    }

    struct Counters {
        Counters(const RuntimeMetrics::Names& names, kube::Clock& clock) : runtime(names, clock) {}

        RuntimeMetrics runtime;
        RunMetrics runs;
    };

    HealthChecks liveness;
    HealthChecks readiness;
    std::optional<Counters> counters;  ///< nothing is counted where nobody can ask
    const prometheus::Collectable* election = nullptr;
    /// This process works on Migrations. Of several, only the one that does shows them, lest sums count them twice.
    std::atomic<bool> works = false;

    RuntimeMetrics* runtime() { return counters ? &counters->runtime : nullptr; }
    RunMetrics* runs() { return counters ? &counters->runs : nullptr; }
};

/// Shows them: /metrics on one address, /healthz and /readyz on another, because a kubelet must reach the probes while
/// metrics may be kept from everyone but their scraper.
class OperationsServer {
  public:
    /// Answers from now on until it is gone. All must outlive it. Throws what listen_on throws.
    OperationsServer(const OperationsAddresses& addresses, const Operations& operations,
                     const MigrationMetrics::Cache& cache);

  private:
    ProbeAnswer show_metrics(const std::string& path) const;
    ProbeAnswer show_health(const std::string& path) const;

    const Operations& operations_;
    MigrationMetrics migrations_;
    ProcessMetrics process_;
    std::optional<ProbeServer> metrics_server_;
    std::optional<ProbeServer> health_server_;
};

}  // namespace lockkeeper::app
