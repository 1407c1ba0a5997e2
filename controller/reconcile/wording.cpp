#include "reconcile/wording.hpp"

#include <algorithm>

namespace lockkeeper::reconcile {
namespace {

constexpr std::size_t most_named = 3;

std::string count_scripts(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " script is applied" : " scripts are applied");
}

/// `a, b, c and 4 more`, of `count` names of which the first are listed.
std::string list_names(const std::vector<std::string>& names, std::size_t count) {
    std::string text;
    const auto named = std::min(names.size(), most_named);
    for (std::size_t i = 0; i < named; ++i) text += (i == 0 ? "" : ", ") + names[i];
    if (count > named) text += " and " + std::to_string(count - named) + " more";
    return text;
}

std::string place_of(const migration::Failure& failure) {
    // Many messages name their file in a sentence of their own.
    if (failure.file.empty() || failure.message.find(failure.file) != std::string::npos) return {};
    auto place = failure.file;
    if (failure.line > 0) place += ":" + std::to_string(failure.line);
    if (failure.line > 0 && failure.column > 0) place += ":" + std::to_string(failure.column);
    return place + ": ";
}

}  // namespace

std::string describe_failure(const migration::Failure& failure) {
    std::string details;
    if (!failure.sqlstate.empty()) details = "SQLSTATE " + failure.sqlstate;
    if (!failure.hint.empty()) details += (details.empty() ? "hint: " : "; hint: ") + failure.hint;
    return place_of(failure) + failure.message + (details.empty() ? "" : " (" + details + ")");
}

std::string describe_missing_secret(const SecretNotFound& missing) {
    if (missing.missing == SecretNotFound::What::Key) {
        return "Secret '" + missing.secret + "' has no key '" + missing.key + "'; spec.database names it";
    }
    return "Secret '" + missing.secret + "', which spec.database names, is not in this namespace";
}

std::string describe_success(const migration::RunReport& report) {
    if (!report.database) return "nothing is pending";
    const auto& database = *report.database;
    auto text = count_scripts(database.applied_count);
    if (database.current_version) text += ", the newest is " + *database.current_version;
    if (database.missing_count > 0) {
        const bool all = database.missing_count == database.applied_count;
        text += "; " + (all ? std::string("all") : std::to_string(database.missing_count)) + " of them left the source";
        text += database.missing_count == 1 ? " and stays applied: " : " and stay applied: ";
        text += list_names(database.missing, database.missing_count);
    }
    if (!report.warnings.empty()) {
        text += "; " + report.warnings.front();
        if (report.warnings.size() > 1)
            text += " (and " + std::to_string(report.warnings.size() - 1) + " more like it)";
    }
    return text;
}

}  // namespace lockkeeper::reconcile
