#include "support/run.hpp"

namespace lockkeeper::tests {

migration::RunReport migrate(const TemporaryDatabase& database, Files files, const migration::Goal& goal,
                             engine::Migrator::Options options) {
    engine::SystemClock clock;
    engine::RunListener nobody;
    engine::Migrator migrator(database.connection_url(), std::move(options), clock);
    return migrator.migrate(migration::ScriptSet::read(std::move(files)), goal, nobody, {});
}

std::string outcome_of(const migration::RunReport& report) {
    if (report.succeeded()) return "done";
    const auto& failure = *report.failure;
    std::string text(migration::to_string(failure.kind));
    if (!failure.sqlstate.empty()) text += " " + failure.sqlstate;
    if (!failure.file.empty()) text += " " + failure.file;
    if (failure.line > 0) text += ":" + std::to_string(failure.line) + ":" + std::to_string(failure.column);
    if (failure.statement > 0) text += " #" + std::to_string(failure.statement);
    return text;
}

}  // namespace lockkeeper::tests
