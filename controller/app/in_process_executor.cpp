#include "app/in_process_executor.hpp"

#include "app/run_options.hpp"
#include "engine/run_failure.hpp"
#include "kube/base64.hpp"

#include <variant>

namespace lockkeeper::app {
namespace {

using reconcile::SecretNotFound;

/// The text behind a key of a Secret, or what is missing.
std::variant<std::string, SecretNotFound> read_secret(kube::ApiClient& client, const std::string& ns,
                                                      const api::SecretKeyRef& ref, const std::stop_token& stop) {
    const kube::Resource secrets{"", "v1", "secrets"};
    try {
        const auto secret = client.get({secrets, {ns, ref.name}}, stop);
        const auto data = secret.find("data");
        if (data == secret.end() || !data->is_object() || !data->contains(ref.key)) {
            return SecretNotFound{ref.name, ref.key, SecretNotFound::What::Key};
        }
        return kube::decode_base64((*data)[ref.key].get_ref<const std::string&>()).value_or("");
    } catch (const kube::ApiError& error) {
        if (error.failure() != kube::ApiFailure::NotFound) throw;
        return SecretNotFound{ref.name, ref.key, SecretNotFound::What::Secret};
    }
}

}  // namespace

reconcile::Outcome InProcessExecutor::run(const api::Migration& migration, const migration::ScriptSet& scripts,
                                          const migration::Goal& goal, engine::RunListener& listener,
                                          const std::stop_token& stop) const {
    return with_database(migration, stop,
                         [&](engine::Migrator& migrator) { return migrator.migrate(scripts, goal, listener, stop); });
}

std::optional<reconcile::Outcome> InProcessExecutor::look(const api::Migration& migration,
                                                          const migration::ScriptSet& scripts,
                                                          const migration::Goal& goal,
                                                          const std::stop_token& stop) const {
    bool is_settled = true;
    auto outcome = with_database(migration, stop, [&](engine::Migrator& migrator) {
        auto inspection = migrator.inspect(scripts, goal, stop);
        const auto& [history, plan, report] = inspection;
        const bool has_work = !plan.steps.empty() || !plan.to_record.empty();
        is_settled = !report.database || (!report.failure && !has_work);
        return std::move(inspection.report);
    });
    if (!is_settled) return std::nullopt;
    return outcome;
}

reconcile::Outcome InProcessExecutor::with_database(
    const api::Migration& migration, const std::stop_token& stop,
    const std::function<migration::RunReport(engine::Migrator&)>& use) const {
    const auto secret = read_secret(client_, migration.metadata.ns, migration.spec.database_url, stop);
    if (const auto* missing = std::get_if<SecretNotFound>(&secret)) return *missing;
    try {
        engine::SystemClock clock;
        const auto url =
            postgres::ConnectionUrl::parse(trimmed_url(std::get<std::string>(secret)), postgres::UrlTrust::Tenant);
        const auto& metadata = migration.metadata;
        engine::Migrator migrator(
            url, run_options(migration.spec, metadata.ns + "/" + metadata.name, migration.status.history_table), clock);
        return use(migrator);
    } catch (const postgres::InvalidConnectionUrl&) {
        migration::RunReport report;
        report.failure = engine::failure_of(std::current_exception());
        return report;
    }
}

}  // namespace lockkeeper::app
