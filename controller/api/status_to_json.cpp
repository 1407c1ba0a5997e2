#include "api/status_to_json.hpp"

#include "api/durations.hpp"
#include "api/migration.hpp"
#include "api/one_line.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace lockkeeper::api {
namespace {

using nlohmann::json;

// The bounds of the CRD: of lists in items, of texts in characters.
constexpr std::size_t most_pending = 20;
constexpr std::size_t most_history = 10;
constexpr std::size_t longest_name = 1024;
constexpr std::size_t longest_checksum = 128;
constexpr std::size_t longest_error = 4096;
constexpr std::size_t sqlstate_length = 5;
constexpr std::size_t most_sessions = 10;
constexpr std::size_t longest_session_text = 256;

void put(json& object, const char* name, const std::string& text, std::size_t limit) {
    if (!text.empty()) object[name] = one_line(text, limit);
}

void put(json& object, const char* name, const std::optional<std::string>& text, std::size_t limit) {
    if (text) put(object, name, *text, limit);
}

void put(json& object, const char* name, const std::optional<std::size_t>& count) {
    if (count) object[name] = *count;
}

void put(json& object, const char* name, const std::optional<Timestamp>& time) {
    if (time) object[name] = to_string(*time);
}

json condition_to_json(const Condition& condition) {
    return {{"type", condition.type},
            {"status", to_string(condition.status)},
            {"reason", condition.reason},
            {"message", one_line(condition.message)},
            {"observedGeneration", std::max<std::int64_t>(condition.observed_generation, 0)},
            {"lastTransitionTime", to_string(condition.last_transition_time)}};
}

json history_entry_to_json(const HistoryEntry& entry) {
    // A row of the history is a script that went up; going down takes the row away.
    json object{{"version", one_line(entry.version)},
                {"direction", "up"},
                {"appliedAt", to_string(entry.applied_at)},
                {"duration", format_duration(entry.duration)}};
    put(object, "name", entry.name, longest_name);
    put(object, "checksum", entry.checksum, longest_checksum);
    return object;
}

json error_to_json(const ErrorDetails& error) {
    json object = json::object();
    put(object, "sqlstate", error.sqlstate, sqlstate_length);
    put(object, "message", error.message, longest_error);
    put(object, "version", error.version, longest_name);
    put(object, "file", error.file, longest_name);
    if (error.line > 0) object["line"] = error.line;
    if (error.column > 0) object["column"] = error.column;
    if (error.statement > 0) object["statement"] = error.statement;
    return object;
}

json session_to_json(const DatabaseSession& session, const char* since) {
    json object{{"pid", session.pid}};
    put(object, "application", session.application, longest_session_text);
    put(object, "client", session.client, longest_session_text);
    put(object, "state", session.state, longest_session_text);
    put(object, "query", session.query, longest_session_text);
    put(object, since, session.since);
    return object;
}

json lock_to_json(const AwaitedLock& lock) {
    json object{{"key", lock.key}};
    if (lock.holder) object["holder"] = session_to_json(*lock.holder, "since");
    return object;
}

json running_to_json(const RunningScript& running) {
    json object{{"version", one_line(running.version)}, {"startedAt", to_string(running.started_at)}};
    if (running.statement > 0) object["statement"] = running.statement;
    if (running.statements > 0) object["statements"] = running.statements;
    if (running.index_build) {
        put(object["indexBuild"], "phase", running.index_build->phase, longest_session_text);
        if (running.index_build->percent) object["indexBuild"]["percent"] = *running.index_build->percent;
    }
    for (const auto& session : running.waiting_on) {
        if (object["waitingOn"].size() < most_sessions) {
            object["waitingOn"].push_back(session_to_json(session, "queryStart"));
        }
    }
    return object;
}

json job_to_json(const JobReference& job) {
    json object{{"name", job.name}, {"startedAt", to_string(job.started_at)}};
    put(object, "finishedAt", job.finished_at);
    return object;
}

}  // namespace

json status_to_json(const MigrationStatus& status) {
    json object{{"observedGeneration", status.observed_generation},
                {"failures", status.failures},
                {"conditions", json::array()},
                {"pending", json::array()},
                {"history", json::array()}};
    for (const auto& condition : status.conditions) object["conditions"].push_back(condition_to_json(condition));
    for (const auto& version : status.pending) {
        if (object["pending"].size() < most_pending) object["pending"].push_back(one_line(version));
    }
    for (const auto& entry : status.history) {
        if (object["history"].size() < most_history) object["history"].push_back(history_entry_to_json(entry));
    }
    put(object, "currentVersion", status.current_version, longest_name);
    put(object, "appliedCount", status.applied_count);
    put(object, "pendingCount", status.pending_count);
    put(object, "missingCount", status.missing_count);
    put(object, "historyTable", status.history_table, longest_name);
    put(object, "sourceDigest", status.source_digest, longest_checksum);
    put(object, "sourceRevision", status.source_revision, longest_name);
    if (status.run > 0) object["run"] = status.run;
    put(object, "inputsFingerprint", status.inputs_fingerprint, longest_checksum);
    if (status.job) object["job"] = job_to_json(*status.job);
    put(object, "nextRetryTime", status.next_retry_time);
    if (status.last_error) object["lastError"] = error_to_json(*status.last_error);
    put(object, "lastAppliedTime", status.last_applied_time);
    put(object, "lastHandledRequest", status.last_handled_request, longest_request);
    if (status.lock) object["lock"] = lock_to_json(*status.lock);
    if (status.running) object["running"] = running_to_json(*status.running);
    return object;
}

}  // namespace lockkeeper::api
