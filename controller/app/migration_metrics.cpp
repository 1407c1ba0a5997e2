#include "app/migration_metrics.hpp"

#include "api/conditions.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace lockkeeper::app {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

struct Ready {
    std::string_view status;
    std::string_view reason;
};

Ready ready_of(const api::Migration& migration) {
    const auto* condition = api::find_condition(migration.status.conditions, api::condition_type::ready);
    if (condition == nullptr) return {"Unknown", "Pending"};  // nobody has looked at it yet
    return {api::to_string(condition->status), condition->reason};
}

struct Scripts {
    std::size_t applied = 0;
    std::size_t pending = 0;
    std::size_t missing = 0;
};

MetricFamily family(const char* name, const char* help) {
    return {name, help, MetricType::Gauge, {}};
}

void add(MetricFamily& family, std::vector<ClientMetric::Label> labels, std::size_t value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = static_cast<double>(value);
    family.metric.push_back(std::move(metric));
}

/// Counts under the cache's lock and keeps no reference to what is in it.
struct Census {
    std::map<std::pair<std::string, std::string>, std::size_t, std::less<>> by_ready;
    std::map<std::string, Scripts, std::less<>> by_namespace;
    MetricFamily not_ready = family("lockkeeper_migration_not_ready",
                                    "1 for each Migration whose Ready condition is not True, the first 1000 by name");

    void count(const api::Migration& migration) {
        const auto ready = ready_of(migration);
        ++by_ready[{std::string(ready.status), std::string(ready.reason)}];
        auto& scripts = by_namespace[migration.metadata.ns];
        scripts.applied += migration.status.applied_count.value_or(0);
        scripts.pending += migration.status.pending_count.value_or(0);
        scripts.missing += migration.status.missing_count.value_or(0);
        if (ready.status == "True" || not_ready.metric.size() == MigrationMetrics::most_not_ready) return;
        add(not_ready,
            {{"namespace", migration.metadata.ns},
             {"name", migration.metadata.name},
             {"reason", std::string(ready.reason)}},
            1);
    }
};

}  // namespace

std::vector<MetricFamily> MigrationMetrics::Collect() const {
    Census census;
    cache_.visit([&](const kube::NamespacedName&, const api::Migration& migration) { census.count(migration); });

    auto migrations = family("lockkeeper_migrations", "Migrations, by status and reason of their Ready condition");
    for (const auto& [ready, count] : census.by_ready) {
        add(migrations, {{"ready", ready.first}, {"reason", ready.second}}, count);
    }
    auto applied = family("lockkeeper_scripts_applied", "Scripts that the databases have, by namespace");
    auto pending = family("lockkeeper_scripts_pending", "Scripts that are still to run, by namespace");
    auto missing = family("lockkeeper_scripts_missing", "Scripts applied, but not in their source, by namespace");
    for (const auto& [ns, scripts] : census.by_namespace) {
        add(applied, {{"namespace", ns}}, scripts.applied);
        add(pending, {{"namespace", ns}}, scripts.pending);
        add(missing, {{"namespace", ns}}, scripts.missing);
    }
    std::vector<MetricFamily> all;
    for (auto* one : {&migrations, &applied, &pending, &missing, &census.not_ready}) all.push_back(std::move(*one));
    return all;
}

}  // namespace lockkeeper::app
