#include "support/builders.hpp"

#include <algorithm>

namespace lockkeeper::tests {
namespace {

std::string name_in(const std::string& version) {
    return version.substr(version.find('_') + 1);
}

}  // namespace

std::chrono::system_clock::time_point noon() {
    using namespace std::chrono;
    return sys_days(year(2026) / March / 1) + hours(12);
}

api::Migration new_migration() {
    api::Migration migration;
    migration.metadata.ns = "shop";
    migration.metadata.name = "shop";
    migration.metadata.uid = "6b1f9c0e-0000-4000-8000-000000000001";
    migration.metadata.generation = 1;
    migration.spec.database_url.name = "shop-db";
    migration.spec.source.from = api::ConfigMapSource{{"shop-migrations"}};
    migration.spec.execution.mode = api::ExecutionMode::InProcess;
    return migration;
}

migration::ScriptSet scripts_of(const std::vector<std::string>& versions) {
    std::vector<migration::SourceFile> files;
    files.reserve(versions.size());
    for (const auto& version : versions) files.push_back({version + ".up.sql", "-- " + version});
    return migration::ScriptSet::read(std::move(files));
}

reconcile::ObservedState new_shop() {
    return {new_migration(), reconcile::SourceFound{scripts_of({"0001_customers", "0002_orders"})}, noon()};
}

migration::DatabaseState database_with(const std::vector<std::string>& applied,
                                       const std::vector<std::string>& source) {
    migration::DatabaseState database;
    database.history_table = "public.lockkeeper_history";
    database.applied_count = applied.size();
    if (!applied.empty()) database.current_version = applied.back();
    auto applied_at = noon();
    for (const auto& version : applied) {
        database.newest.insert(database.newest.begin(), {version, name_in(version), migration::checksum_of(version),
                                                         applied_at, std::chrono::milliseconds(12)});
        if (database.newest.size() > 10) database.newest.pop_back();
        applied_at += std::chrono::minutes(1);
        if (std::ranges::find(source, version) == source.end()) database.missing.push_back(version);
    }
    std::ranges::copy_if(source, std::back_inserter(database.pending), [&](const std::string& version) {
        return std::ranges::find(applied, version) == applied.end();
    });
    database.missing_count = database.missing.size();
    database.pending_count = database.pending.size();
    return database;
}

migration::RunReport run_that_succeeded(migration::DatabaseState database) {
    migration::RunReport report;
    report.database = std::move(database);
    return report;
}

migration::RunReport run_that_failed(migration::FailureKind kind, const std::string& message) {
    migration::RunReport report;
    report.failure.emplace();
    report.failure->kind = kind;
    report.failure->message = message;
    return report;
}

reconcile::ObservedState after_run(reconcile::ObservedState observed, const reconcile::Outcome& outcome) {
    observed.migration.status = reconcile::status_after_run(observed, outcome, {observed.now, 0.5}).status;
    return observed;
}

reconcile::NextStatus end_with(const reconcile::ObservedState& observed, const reconcile::Outcome& outcome) {
    constexpr double no_luck = 1.0;
    return reconcile::status_after_run(observed, outcome, {observed.now, no_luck});
}

std::optional<api::MigrationStatus> status_before_run(const reconcile::ObservedState& observed) {
    const auto progress = reconcile::progress_before_run(observed);
    if (!progress) return std::nullopt;
    return reconcile::status_while_running(reconcile::status_of_run(observed), *progress, observed.now);
}

reconcile::ObservedState ready_shop() {
    const std::vector<std::string> versions{"0001_customers", "0002_orders"};
    return after_run(new_shop(), run_that_succeeded(database_with(versions, versions)));
}

void edit_spec(reconcile::ObservedState& observed) {
    ++observed.migration.metadata.generation;
}

std::string conditions_of(const api::MigrationStatus& status) {
    std::string text;
    for (const auto& condition : status.conditions) {
        text += (text.empty() ? "" : " ") + condition.type + "=" + std::string(to_string(condition.status)) + "/" +
                condition.reason;
    }
    return text;
}

std::string ready_message(const api::MigrationStatus& status) {
    return api::find_condition(status.conditions, api::condition_type::ready)->message;
}

}  // namespace lockkeeper::tests
