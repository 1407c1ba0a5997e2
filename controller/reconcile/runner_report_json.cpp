#include "reconcile/runner_report_json.hpp"

#include "api/one_line.hpp"
#include "api/timestamps.hpp"

#include <algorithm>

namespace lockkeeper::reconcile {
namespace {

using api::Field;
using api::InvalidField;
using migration::DatabaseState;
using migration::Failure;
using nlohmann::json;
using std::chrono::milliseconds;

constexpr std::size_t most_ran = 100;
constexpr std::size_t most_warnings = 20;

json database_to_json(const DatabaseState& database) {
    json newest = json::array();
    for (const auto& entry : database.newest) {
        newest.push_back({{"version", entry.version},
                          {"name", entry.name},
                          {"checksum", entry.checksum},
                          {"appliedAt", api::to_string(std::chrono::floor<std::chrono::seconds>(entry.applied_at))},
                          {"durationMs", entry.duration.count()}});
    }
    json object{{"historyTable", database.history_table},
                {"appliedCount", database.applied_count},
                {"pendingCount", database.pending_count},
                {"pending", database.pending},
                {"missingCount", database.missing_count},
                {"missing", database.missing},
                {"newest", std::move(newest)}};
    if (database.current_version) object["currentVersion"] = *database.current_version;
    return object;
}

/// But for the excerpt of the script, which is for the command line only.
json failure_to_json(const Failure& failure) {
    json object{{"kind", migration::to_string(failure.kind)}, {"message", failure.message}};
    const auto add = [&](const char* name, const std::string& text) {
        if (!text.empty()) object[name] = text;
    };
    add("sqlstate", failure.sqlstate);
    add("hint", failure.hint);
    add("version", failure.version);
    add("file", failure.file);
    const auto add_number = [&](const char* name, std::size_t number) {
        if (number > 0) object[name] = number;
    };
    add_number("line", failure.line);
    add_number("column", failure.column);
    add_number("statement", failure.statement);
    return object;
}

std::string text_or_nothing(const Field& field) {
    return field.is_there() ? field.text() : std::string();
}

std::size_t count_or_zero(const Field& field) {
    return field.is_there() ? count_of(field) : 0;
}

std::vector<std::string> texts_of(const Field& field) {
    std::vector<std::string> texts;
    for (const auto& item : field.items()) texts.push_back(item.text());
    return texts;
}

DatabaseState::Entry entry_of(const Field& field) {
    const auto applied_at = api::parse_timestamp(field["appliedAt"].text());
    if (!applied_at) throw InvalidField(field["appliedAt"].path(), "a time is expected");
    return {field["version"].text(), field["name"].text(), field["checksum"].text(), *applied_at,
            milliseconds(field["durationMs"].integer())};
}

DatabaseState database_of(const Field& field) {
    DatabaseState database;
    database.history_table = field["historyTable"].text();
    if (const auto version = field["currentVersion"]; version.is_there()) database.current_version = version.text();
    database.applied_count = count_of(field["appliedCount"]);
    database.pending_count = count_of(field["pendingCount"]);
    database.pending = texts_of(field["pending"]);
    database.missing_count = count_of(field["missingCount"]);
    database.missing = texts_of(field["missing"]);
    for (const auto& item : field["newest"].items()) database.newest.push_back(entry_of(item));
    return database;
}

Failure failure_from(const Field& field) {
    const auto kind = migration::parse_failure_kind(field["kind"].text());
    if (!kind) throw InvalidField(field["kind"].path(), "a failure of a kind that is not known");
    Failure failure;
    failure.kind = *kind;
    failure.message = field["message"].text();
    failure.sqlstate = text_or_nothing(field["sqlstate"]);
    failure.hint = text_or_nothing(field["hint"]);
    failure.version = text_or_nothing(field["version"]);
    failure.file = text_or_nothing(field["file"]);
    failure.line = count_or_zero(field["line"]);
    failure.column = count_or_zero(field["column"]);
    failure.statement = count_or_zero(field["statement"]);
    return failure;
}

}  // namespace

std::size_t count_of(const Field& field) {
    const auto number = field.integer();
    if (number < 0) throw InvalidField(field.path(), "a number that is not negative is expected");
    return static_cast<std::size_t>(number);
}

migration::Direction direction_of(const Field& field) {
    try {
        return migration::parse_direction(field.text());
    } catch (const std::invalid_argument& error) {
        throw InvalidField(field.path(), error.what());
    }
}

json result_to_json(const RunnerResult& result) {
    const auto& report = result.report;
    json ran = json::array();
    for (auto i = report.ran.size() - std::min(report.ran.size(), most_ran); i < report.ran.size(); ++i) {
        ran.push_back({{"version", report.ran[i].version},
                       {"direction", migration::to_string(report.ran[i].direction)},
                       {"durationMs", report.ran[i].duration.count()}});
    }
    json warnings = json::array();
    for (std::size_t i = 0; i < std::min(report.warnings.size(), most_warnings); ++i) {
        warnings.push_back(api::one_line(report.warnings[i]));
    }
    json object{{"type", "result"},
                {"ranCount", result.ran_count},
                {"ran", std::move(ran)},
                {"recordedCount", report.recorded_count},
                {"warnings", std::move(warnings)}};
    if (report.database) object["database"] = database_to_json(*report.database);
    if (report.failure) object["failure"] = failure_to_json(*report.failure);
    if (result.source_digest) object["sourceDigest"] = *result.source_digest;
    if (result.script_count) object["scriptCount"] = *result.script_count;
    return object;
}

RunnerResult result_of(const Field& field) {
    RunnerResult result;
    result.ran_count = count_of(field["ranCount"]);
    for (const auto& ran : field["ran"].items()) {
        result.report.ran.push_back(
            {ran["version"].text(), direction_of(ran["direction"]), milliseconds(ran["durationMs"].integer())});
    }
    result.report.recorded_count = count_of(field["recordedCount"]);
    result.report.warnings = texts_of(field["warnings"]);
    if (const auto database = field["database"]; database.is_there()) result.report.database = database_of(database);
    if (const auto failure = field["failure"]; failure.is_there()) result.report.failure = failure_from(failure);
    if (const auto digest = field["sourceDigest"]; digest.is_there()) result.source_digest = digest.text();
    if (const auto count = field["scriptCount"]; count.is_there()) result.script_count = count_of(count);
    return result;
}

}  // namespace lockkeeper::reconcile
