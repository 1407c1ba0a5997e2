#include "app/operations.hpp"

#include <prometheus/text_serializer.h>

#include <iterator>
#include <vector>

namespace lockkeeper::app {
namespace {

void append(std::vector<prometheus::MetricFamily>& all, std::vector<prometheus::MetricFamily> more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

OperationsServer::OperationsServer(const OperationsAddresses& addresses, const Operations& operations,
                                   const MigrationMetrics::Cache& cache)
    : operations_(operations), migrations_(cache) {
    const ProbeServer::Limits limits;
    if (addresses.metrics) {
        metrics_server_.emplace(
            *addresses.metrics, [this](const std::string& path) { return show_metrics(path); }, limits);
    }
    if (addresses.health) {
        health_server_.emplace(
            *addresses.health, [this](const std::string& path) { return show_health(path); }, limits);
    }
}

ProbeAnswer OperationsServer::show_health(const std::string& path) const {
    if (path == "/healthz") return operations_.liveness.answer();
    if (path == "/readyz") return operations_.readiness.answer();
    return {404, "here are /healthz and /readyz\n"};
}

ProbeAnswer OperationsServer::show_metrics(const std::string& path) const {
    if (path != "/metrics") return {404, "here is /metrics\n"};
    std::vector<prometheus::MetricFamily> all;
    if (operations_.counters) {
        append(all, operations_.counters->runtime.Collect());
        append(all, operations_.counters->runs.Collect());
    }
    if (operations_.election != nullptr) append(all, operations_.election->Collect());
    if (operations_.works) append(all, migrations_.Collect());
    append(all, process_.Collect());
    return {200, prometheus::TextSerializer().Serialize(all), "text/plain; version=0.0.4; charset=utf-8"};
}

}  // namespace lockkeeper::app
