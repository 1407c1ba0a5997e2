#include "app/report_text.hpp"

#include "api/timestamps.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>

namespace lockkeeper::app {
namespace {

struct Row {
    migration::Version version;
    std::string state;
    std::string applied_at;
    std::string duration;
};

/// `2 of 5 statements`, of a script that stopped in its middle.
std::string progress_of(const migration::Journal& journal) {
    const auto progress = std::to_string(journal.done) + " of " + std::to_string(journal.statements) + " statements";
    return (journal.direction == migration::Direction::Up ? progress : progress + " rolled back") +
           (journal.in_doubt() ? ", the next in doubt" : "");
}

std::vector<Row> rows_of(const engine::Migrator::Inspection& inspection) {
    const auto& missing = inspection.plan.missing;
    std::vector<Row> rows;
    for (const auto& script : inspection.history) {
        if (script.journal) continue;
        const bool is_missing = std::ranges::find(missing, script.version) != missing.end();
        rows.push_back({script.version, is_missing ? "missing" : "applied",
                        api::to_string(std::chrono::floor<std::chrono::seconds>(script.applied_at)),
                        std::to_string(script.duration.count()) + " ms"});
    }
    const std::string taken = inspection.plan.adopted_from.empty() ? "baseline" : "to adopt";
    for (const auto& record : inspection.plan.to_record) rows.push_back({record.version, taken, {}, {}});
    for (const auto& version : inspection.plan.pending) rows.push_back({version, "pending", {}, {}});
    for (const auto& script : inspection.history) {
        if (!script.journal) continue;
        std::erase_if(rows, [&](const Row& row) { return row.version == script.version; });
        rows.push_back({script.version, progress_of(*script.journal), {}, {}});
    }
    std::ranges::sort(rows, {}, &Row::version);
    return rows;
}

std::string count(std::size_t number, const std::string& noun) {
    return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

}  // namespace

void print_failure(std::ostream& stream, const migration::Failure& failure) {
    stream << "error: ";
    if (!failure.file.empty()) {
        stream << failure.file << ":";
        if (failure.line > 0) stream << failure.line << ":" << failure.column << ":";
        stream << " ";
    }
    stream << failure.message << " (" << migration::to_string(failure.kind);
    if (!failure.sqlstate.empty()) stream << ", SQLSTATE " << failure.sqlstate;
    if (failure.statement > 0) stream << ", statement " << failure.statement;
    stream << ")\n";
    if (!failure.excerpt.empty()) {
        const auto number = std::to_string(failure.line);
        stream << "  " << number << " | " << failure.excerpt << "\n"
               << "  " << std::string(number.size(), ' ') << " | " << std::string(failure.column - 1, ' ') << "^\n";
    }
    if (!failure.hint.empty()) stream << "hint: " << failure.hint << "\n";
}

void print_status_table(std::ostream& stream, const engine::Migrator::Inspection& inspection) {
    const auto rows = rows_of(inspection);
    std::size_t width = std::string_view("VERSION").size();
    for (const auto& row : rows) width = std::max(width, row.version.text().size());
    const auto print = [&](const std::string& version, const std::string& state, const std::string& at,
                           const std::string& duration) {
        stream << std::left << std::setw(static_cast<int>(width)) << version << "   ";
        stream << std::setw(at.empty() ? 0 : 8) << state;
        if (!at.empty()) stream << "   " << std::setw(20) << at << "   " << duration;
        stream << "\n";
    };
    print("VERSION", "STATE", "APPLIED AT", "DURATION");
    for (const auto& row : rows) print(row.version.text(), row.state, row.applied_at, row.duration);
}

void print_plan_table(std::ostream& stream, const migration::Plan& plan) {
    std::size_t width = std::string_view("VERSION").size();
    for (const auto& record : plan.to_record) width = std::max(width, record.version.text().size());
    for (const auto& step : plan.steps) width = std::max(width, step.version.text().size());
    const auto print = [&](const std::string& version, std::string_view what, std::string_view transaction,
                           const std::string& file) {
        stream << std::left << std::setw(static_cast<int>(width)) << version << "   " << std::setw(6) << what << "   "
               << std::setw(11) << transaction << "   " << file << "\n";
    };
    print("VERSION", "RUN", "TRANSACTION", "FILE");
    for (const auto& record : plan.to_record) print(record.version.text(), "record", "-", "-");
    for (const auto& step : plan.steps) {
        print(step.version.text(), migration::to_string(step.direction), step.transactional ? "yes" : "no",
              step.script.name);
    }
}

void print_summary(std::ostream& stream, const migration::RunReport& report) {
    const auto down = std::ranges::count(report.ran, migration::Direction::Down, &migration::RanScript::direction);
    const auto up = report.ran.size() - static_cast<std::size_t>(down);
    if (report.recorded_count > 0) stream << count(report.recorded_count, "script") << " recorded without being run. ";
    if (up > 0) stream << count(up, "script") << " applied. ";
    if (down > 0) stream << count(static_cast<std::size_t>(down), "script") << " rolled back. ";
    if (!report.database) return;
    const auto& database = *report.database;
    stream << "The database is at " << database.current_version.value_or("no version yet") << "; "
           << (database.pending_count == 0 ? "nothing is pending"
                                           : count(database.pending_count, "script") + " pending");
    if (database.missing_count > 0) {
        stream << "; " << count(database.missing_count, "applied script") << " not in the source";
    }
    stream << ".\n";
}

}  // namespace lockkeeper::app
