#include "app/report_json.hpp"

#include "api/timestamps.hpp"

namespace lockkeeper::app {
namespace {

using nlohmann::json;

json to_json(const migration::DatabaseState& database) {
    json newest = json::array();
    for (const auto& entry : database.newest) {
        newest.push_back({{"version", entry.version},
                          {"checksum", entry.checksum},
                          {"appliedAt", api::to_string(std::chrono::floor<std::chrono::seconds>(entry.applied_at))},
                          {"durationMs", entry.duration.count()}});
    }
    return {{"historyTable", database.history_table},
            {"currentVersion", database.current_version ? json(*database.current_version) : json(nullptr)},
            {"appliedCount", database.applied_count},
            {"pendingCount", database.pending_count},
            {"pending", database.pending},
            {"missingCount", database.missing_count},
            {"missing", database.missing},
            {"history", std::move(newest)}};
}

}  // namespace

json to_json(const migration::Failure& failure) {
    json object = {{"reason", migration::to_string(failure.kind)}, {"message", failure.message}};
    const auto add = [&](const char* key, const std::string& value) {
        if (!value.empty()) object[key] = value;
    };
    add("sqlstate", failure.sqlstate);
    add("hint", failure.hint);
    add("version", failure.version);
    add("file", failure.file);
    if (failure.line > 0) {
        object["line"] = failure.line;
        object["column"] = failure.column;
    }
    if (failure.statement > 0) object["statement"] = failure.statement;
    return object;
}

json to_json(const migration::RunReport& report) {
    json ran = json::array();
    for (const auto& script : report.ran) {
        ran.push_back({{"version", script.version},
                       {"direction", migration::to_string(script.direction)},
                       {"durationMs", script.duration.count()}});
    }
    return {{"succeeded", report.succeeded()},
            {"recordedCount", report.recorded_count},
            {"ran", std::move(ran)},
            {"warnings", report.warnings},
            {"database", report.database ? to_json(*report.database) : json(nullptr)},
            {"error", report.failure ? to_json(*report.failure) : json(nullptr)}};
}

json to_json(const engine::Migrator::Inspection& inspection) {
    const auto& plan = inspection.plan;
    json records = json::array();
    for (const auto& record : plan.to_record) records.push_back(record.version.text());
    json steps = json::array();
    for (const auto& step : plan.steps) {
        steps.push_back({{"version", step.version.text()},
                         {"direction", migration::to_string(step.direction)},
                         {"transactional", step.transactional},
                         {"file", step.script.name}});
    }
    auto object = to_json(inspection.report);
    object["plan"] = {{"record", std::move(records)},
                      {"adoptedFrom", plan.adopted_from.empty() ? json(nullptr) : json(plan.adopted_from)},
                      {"steps", std::move(steps)}};
    return object;
}

}  // namespace lockkeeper::app
