#include "app/controller_command.hpp"

#include "api/migration_json.hpp"
#include "app/leadership.hpp"
#include "app/log.hpp"
#include "app/migration_events.hpp"
#include "app/migration_reconciler.hpp"
#include "app/migrations_resource.hpp"
#include "app/operations.hpp"
#include "app/reference_index.hpp"
#include "app/selector_check.hpp"
#include "app/version.hpp"
#include "kube/client_config.hpp"
#include "kube/object_cache.hpp"
#include "kube/object_meta.hpp"
#include "kube/watch_group.hpp"
#include "kube/worker_pool.hpp"
#include "reconcile/job_names.hpp"
#include "reconcile/job_state.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
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

std::vector<kube::NamespacedName> dependencies_of(const api::Migration& migration) {
    std::vector<kube::NamespacedName> keys;
    keys.reserve(migration.spec.depends_on.size());
    for (const auto& name : migration.spec.depends_on) keys.push_back({migration.metadata.ns, name});
    return keys;
}

/// Does a change concern the controller? Its own writes of the status do not.
bool concerns_us(const api::Migration* before, const api::Migration* after) {
    if (before == nullptr || after == nullptr) return true;
    return before->metadata.uid != after->metadata.uid || before->metadata.generation != after->metadata.generation ||
           before->metadata.deletion_timestamp != after->metadata.deletion_timestamp ||
           before->metadata.requested_at != after->metadata.requested_at;
}

/// Is the Migration that was there gone, or going?
bool is_leaving(const api::Migration* before, const api::Migration* after) {
    if (before == nullptr) return false;
    return after == nullptr || before->metadata.uid != after->metadata.uid || after->metadata.deletion_timestamp;
}

/// The Jobs that the controller makes, whose changes wake their Migrations.
kube::Selection our_jobs() {
    kube::Selection selection{{{"batch", "v1", "jobs"}, {}}};
    selection.label_selector = std::string(reconcile::label::managed_by) + "=" + reconcile::label::manager;
    return selection;
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

kube::Reflector::Options migrations_of(const ShareOptions& share) {
    return {.selection = {.collection = {migrations_resource(), {}}, .label_selector = share.label_selector}};
}

/// All parts of a running controller, joined: watches fill two caches, whose changes put keys into the queue.
class Controller {
  public:
    Controller(const ControllerOptions& options, const kube::ClientConfig& config, const Log& log)
        : log_(log),
          operations_(addresses_of(options), {"migration", host_of(config.server), options.workers}, clock_),
          queue_(clock_, operations_.runtime()),
          client_(config, {.user_agent = user_agent(), .observer = operations_.runtime()}, clock_, sink_of(log)),
          migrations_(
              api::migration_from_json,
              [this](const kube::NamespacedName& key, const auto& before, const auto& after) {
                  index_.set(key, after == nullptr ? std::vector<kube::NamespacedName>{} : named_config_maps(*after));
                  dependents_.set(key,
                                  after == nullptr ? std::vector<kube::NamespacedName>{} : dependencies_of(*after));
                  if (reconcile::matters_to_dependents(before.get(), after.get())) {
                      for (const auto& dependent : dependents_.users_of(key)) add(dependent);
                  }
                  if (is_leaving(before.get(), after.get())) reconciler_.end_run(key);
                  if (concerns_us(before.get(), after.get())) add(key);
              },
              sink_of(log), options.share.namespaces),
          config_maps_([](const nlohmann::json& object) { return kube::ObjectMeta::of(object).resource_version; },
                       [this](const kube::NamespacedName& key, const auto& /*before*/, const auto& /*after*/) {
                           for (const auto& user : index_.users_of(key)) add(user);
                       },
                       sink_of(log), options.share.namespaces),
          jobs_(
              reconcile::job_state_of,
              [this](const kube::NamespacedName& key, const auto& before, const auto& after) {
                  const auto& job = after == nullptr ? before : after;
                  if (!job->owner_name.empty()) add({key.space, job->owner_name});
              },
              sink_of(log), options.share.namespaces),
          events_(client_, event_options(), sink_of(log)),
          spares_([this] { return queue_.queued() > 0; }),
          reconciler_({client_, migrations_, spares_, log, operations_.runs()}, options.execution,
                      {.on_state_change = recorded_as_events(events_),
                       .leads = [this] { return !leadership_ || leadership_->holds_lease(); }}),
          migration_watch_(
              client_, migrations_of(options.share), options.share.namespaces,
              [this](const auto& space) -> auto& { return migrations_.part(space); }, clock_, sink_of(log)),
          config_map_watch_(
              client_, {.selection = {{{"", "v1", "configmaps"}, {}}, kube::Representation::Metadata}},
              options.share.namespaces, [this](const auto& space) -> auto& { return config_maps_.part(space); }, clock_,
              sink_of(log)),
          job_watch_(
              client_, {.selection = our_jobs()}, options.share.namespaces,
              [this](const auto& space) -> auto& { return jobs_.part(space); }, clock_, sink_of(log)) {
        if (options.share.election) stand_for_election(*options.share.election, config);
    }

    /// Returns when a stop is requested or the lead is lost, and all that was under way has ended.
    ExitCode run(const ControllerOptions& options, const std::stop_token& stop) {
        operations_.readiness.add("caches", [this] { return what_has_not_synced(); });
        operations_.readiness.add("shutdown", [stop]() -> std::optional<std::string> {
            if (!stop.stop_requested()) return std::nullopt;
            return "the controller is stopping";
        });
        const OperationsServer server(addresses_of(options), operations_, migrations_);
        migration_watch_.start();
        config_map_watch_.start();
        if (options.execution.allows(api::ExecutionMode::Job)) job_watch_.start();
        // Nobody works before both caches are complete: a ConfigMap must not look missing because it is not listed yet.
        if (!wait_for_sync(stop)) return ExitCode::Done;
        log_.info("watching", {{"migrations", std::to_string(migrations_.size())}});
        if (!leadership_) return work(options, stop, {});
        // Who stands by has its caches already, and begins at once when its turn comes.
        leadership_->stand();
        if (!leadership_->wait_to_lead(stop)) return ExitCode::Done;
        return work(options, stop, leadership_->lost());
    }

  private:
    ExitCode work(const ControllerOptions& options, const std::stop_token& stop, const std::stop_token& lost) {
        operations_.works = true;
        for (const auto& [key, migration] : migrations_.all()) queue_.add(key);
        kube::WorkerPool pool(
            queue_,
            [this](const kube::NamespacedName& key, const std::stop_token& worker_stop) {
                return reconciler_.reconcile(key, worker_stop);
            },
            {.workers = options.workers, .observer = operations_.runtime(), .on_idle = [this] { spares_.close(); }},
            sink_of(log_));
        wait_for_any(stop, lost);
        log_.info("stopping");
        operations_.works = false;
        // A script that is still running then is cancelled and rolled back; what runs it next finds that out.
        pool.shut_down(lost.stop_requested() ? std::chrono::milliseconds(0) : options.shutdown_grace_period);
        if (lost.stop_requested()) return ExitCode::Failed;
        if (leadership_) leadership_->resign();
        return ExitCode::Done;
    }

    /// A key is of no use to who does not work; who begins to work adds all keys, and does so after `works` is set.
    void add(const kube::NamespacedName& key) {
        if (operations_.works) queue_.add(key);
    }

    void stand_for_election(const ElectionOptions& election, const kube::ClientConfig& config) {
        leadership_.emplace(election, config, clock_, log_);
        operations_.election = &*leadership_;
        operations_.liveness.add("leader-election", [this] { return leadership_->what_is_wrong(); });
    }

    void wait_for_any(const std::stop_token& stop, const std::stop_token& lost) {
        std::stop_source any;
        const std::stop_callback on_stop(stop, [&] { any.request_stop(); });
        const std::stop_callback on_loss(lost, [&] { any.request_stop(); });
        while (!any.stop_requested()) clock_.sleep(std::chrono::hours(1), any.get_token());
    }

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

    static std::string why(const kube::WatchGroup& watches) {
        const auto trouble = watches.trouble();
        return trouble ? ": " + *trouble : std::string();
    }

    const Log& log_;
    kube::SystemClock clock_;
    Operations operations_;
    kube::WorkQueue queue_;
    ReferenceIndex index_;
    ReferenceIndex dependents_;
    kube::ApiClient client_;
    kube::ObjectCache<api::Migration> migrations_;
    kube::ObjectCache<std::string> config_maps_;
    kube::ObjectCache<reconcile::JobState> jobs_;
    kube::EventRecorder events_;
    engine::SpareSessions spares_;
    MigrationReconciler reconciler_;
    // Their threads call all of the above.
    kube::WatchGroup migration_watch_;
    kube::WatchGroup config_map_watch_;
    kube::WatchGroup job_watch_;
    std::optional<Leadership> leadership_;
};

}  // namespace

ExitCode run_controller(const ControllerOptions& options, const std::stop_token& stop) {
    forget_postgres_variables();
    const Log log(options.log_format, options.verbose ? LogLevel::Debug : LogLevel::Info);
    kube::ClientConfigChoice choice{.kubeconfig = {}, .context = options.context};
    if (!options.kubeconfig.empty()) choice.kubeconfig = options.kubeconfig;
    const auto config = kube::load_client_config(choice, kube::Environment::of_process());
    log.info("starting", {{"version", version}, {"server", config.server}, {"config", config.origin}});
    check_label_selector(options.share, config, sink_of(log), stop);
    const auto exit_code = Controller(options, config, log).run(options, stop);
    log.info("stopped");
    return exit_code;
}

}  // namespace lockkeeper::app
