#include "app/in_process_executor.hpp"

#include "app/database_access.hpp"
#include "app/run_options.hpp"
#include "engine/run_failure.hpp"

#include <variant>

namespace lockkeeper::app {

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
    const auto& metadata = migration.metadata;
    try {
        const auto access = read_database_access(client_, metadata.ns, migration.spec, stop);
        if (const auto* missing = std::get_if<reconcile::SecretNotFound>(&access)) return *missing;
        engine::SystemClock clock;
        engine::Migrator migrator(
            std::get<postgres::ConnectionUrl>(access),
            run_options(migration.spec, metadata.ns + "/" + metadata.name, migration.status.history_table), clock,
            &spares_);
        return use(migrator);
    } catch (const postgres::InvalidConnectionUrl&) {
        migration::RunReport report;
        report.failure = engine::failure_of(std::current_exception());
        return report;
    }
}

}  // namespace lockkeeper::app
