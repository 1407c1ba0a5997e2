#include "app/controller_command.hpp"

#include "api/migration_json.hpp"
#include "app/log.hpp"
#include "app/migration_reconciler.hpp"
#include "app/migrations_resource.hpp"
#include "app/operations.hpp"
#include "app/reference_index.hpp"
#include "app/version.hpp"
#include "kube/client_config.hpp"
#include "kube/object_cache.hpp"
#include "kube/object_meta.hpp"
#include "kube/reflector.hpp"
#include "kube/worker_pool.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace lockkeeper::app {
namespace {

/// libpq takes what a connection string lacks from PG* variables. Those of this process are none of a tenant's
/// business.
void forget_postgres_variables() {
    std::vector<std::string> names;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        if (text.starts_with("PG")) names.emplace_back(text.substr(0, text.find('=')));
    }
    for (const auto& name : names) ::unsetenv(name.c_str());
}

std::vector<kube::NamespacedName> named_config_maps(const api::Migration& migration) {
    std::vector<kube::NamespacedName> keys;
    if (const auto* source = std::get_if<api::ConfigMapSource>(&migration.spec.source.from)) {
        for (const auto& name : source->names) keys.push_back({migration.metadata.ns, name});
    }
    return keys;
}

/// Does a change concern the controller? Its own writes of the status do not.
bool concerns_us(const api::Migration* before, const api::Migration* after) {
    if (before == nullptr || after == nullptr) return true;
    return before->metadata.uid != after->metadata.uid || before->metadata.generation != after->metadata.generation ||
           before->metadata.deletion_timestamp != after->metadata.deletion_timestamp;
}

/// Is the Migration that was there gone, or going?
bool is_leaving(const api::Migration* before, const api::Migration* after) {
    if (before == nullptr) return false;
    return after == nullptr || before->metadata.uid != after->metadata.uid || after->metadata.deletion_timestamp;
}

kube::LogSink sink_of(const Log& log) {
    return [&log](LogLevel level, std::string_view message, const LogFields& fields) {
        log.write(level, message, fields);
    };
}

OperationsAddresses addresses_of(const ControllerOptions& options) {
    return {options.metrics_address, options.health_address};
}

/// `host:port` of an API server's URL.
std::string host_of(std::string_view url) {
    url.remove_prefix(std::min(url.find("://") + 3, url.size()));
    return std::string(url.substr(0, url.find('/')));
}

/// All parts of a running controller, joined: two watches fill two caches, whose changes put keys into the queue.
class Controller {
  public:
    Controller(const ControllerOptions& options, const kube::ClientConfig& config, const Log& log)
        : log_(log),
          operations_(addresses_of(options), {"migration", host_of(config.server), options.workers}, clock_),
          queue_(clock_, operations_.runtime()),
          client_(config,
                  {.user_agent = std::string("lockkeeper/") + version + " (linux)", .observer = operations_.runtime()},
                  clock_, sink_of(log)),
          migrations_(
              api::migration_from_json,
              [this](const kube::NamespacedName& key, const auto& before, const auto& after) {
                  index_.set(key, after == nullptr ? std::vector<kube::NamespacedName>{} : named_config_maps(*after));
                  if (is_leaving(before.get(), after.get())) reconciler_.end_run(key);
                  if (concerns_us(before.get(), after.get())) queue_.add(key);
              },
              sink_of(log)),
          config_maps_([](const nlohmann::json& object) { return kube::ObjectMeta::of(object).resource_version; },
                       [this](const kube::NamespacedName& key, const auto& /*before*/, const auto& /*after*/) {
                           for (const auto& user : index_.users_of(key)) queue_.add(user);
                       },
                       sink_of(log)),
          migration_watch_(client_, {.selection = {{migrations_resource(), {}}}}, migrations_, clock_, sink_of(log)),
          config_map_watch_(client_, {.selection = {{{"", "v1", "configmaps"}, {}}, kube::Representation::Metadata}},
                            config_maps_, clock_, sink_of(log)),
          reconciler_(client_, migrations_, log, operations_.runs()) {}

    /// Returns when a stop is requested and all that was under way has ended.
    void run(const ControllerOptions& options, const std::stop_token& stop) {
        operations_.readiness.add("caches", [this] { return what_has_not_synced(); });
        operations_.readiness.add("shutdown", [stop]() -> std::optional<std::string> {
            if (!stop.stop_requested()) return std::nullopt;
            return "the controller is stopping";
        });
        const OperationsServer server(addresses_of(options), operations_, migrations_);
        const std::jthread migration_thread([&] { migration_watch_.run(stop); });
        const std::jthread config_map_thread([&] { config_map_watch_.run(stop); });
        // Nobody works before both caches are complete: a ConfigMap must not look missing because it is not listed yet.
        if (!wait_for_sync(stop)) return;
        log_.info("watching", {{"migrations", std::to_string(migrations_.size())}});
        kube::WorkerPool pool(
            queue_,
            [this](const kube::NamespacedName& key, const std::stop_token& worker_stop) {
                return reconciler_.reconcile(key, worker_stop);
            },
            {.workers = options.workers, .observer = operations_.runtime()}, sink_of(log_));
        while (!stop.stop_requested()) clock_.sleep(std::chrono::hours(1), stop);
        log_.info("stopping");
        // A script that is still running then is cancelled and rolled back; what runs it next finds that out.
        pool.shut_down(options.shutdown_grace_period);
    }

  private:
    bool wait_for_sync(const std::stop_token& stop) const {
        for (const auto patience = std::chrono::hours(1); !stop.stop_requested();) {
            if (migrations_.wait_for_sync(patience, stop) && config_maps_.wait_for_sync(patience, stop)) return true;
        }
        return false;
    }

    std::optional<std::string> what_has_not_synced() const {
        if (!migrations_.has_synced()) return "Migrations are not listed yet" + why(migration_watch_);
        if (!config_maps_.has_synced()) return "ConfigMaps are not listed yet" + why(config_map_watch_);
        return std::nullopt;
    }

    static std::string why(const kube::Reflector& reflector) {
        const auto trouble = reflector.trouble();
        return trouble ? ": " + *trouble : std::string();
    }

    const Log& log_;
    kube::SystemClock clock_;
    Operations operations_;
    kube::WorkQueue queue_;
    ReferenceIndex index_;
    kube::ApiClient client_;
    kube::ObjectCache<api::Migration> migrations_;
    kube::ObjectCache<std::string> config_maps_;
    kube::Reflector migration_watch_;
    kube::Reflector config_map_watch_;
    MigrationReconciler reconciler_;
};

}  // namespace

ExitCode run_controller(const ControllerOptions& options, const std::stop_token& stop) {
    forget_postgres_variables();
    const Log log(options.log_format, options.verbose ? LogLevel::Debug : LogLevel::Info);
    kube::ClientConfigChoice choice{.kubeconfig = {}, .context = options.context};
    if (!options.kubeconfig.empty()) choice.kubeconfig = options.kubeconfig;
    const auto config = kube::load_client_config(choice, kube::Environment::of_process());
    log.info("starting", {{"version", version}, {"server", config.server}, {"config", config.origin}});
    Controller(options, config, log).run(options, stop);
    log.info("stopped");
    return ExitCode::Done;
}

}  // namespace lockkeeper::app
