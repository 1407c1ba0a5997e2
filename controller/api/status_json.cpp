#include "api/status_json.hpp"

#include "api/durations.hpp"
#include "api/migration_json.hpp"
#include "api/one_line.hpp"

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

/// A status is the controller's own and may be of another version of it: what cannot be read is not there.
template <typename Read>
auto lenient(Read read) -> std::optional<decltype(read())> {
    try {
        return read();
    } catch (const InvalidField&) {
        return std::nullopt;
    } catch (const InvalidDuration&) {
        return std::nullopt;
    }
}

std::optional<std::string> text_of(const Field& field) {
    return lenient([&] { return field.text(); });
}

std::optional<std::size_t> count_of(const Field& field) {
    const auto number = lenient([&] { return field.integer(); });
    if (!number || *number < 0) return std::nullopt;
    return static_cast<std::size_t>(*number);
}

std::optional<Timestamp> time_of(const Field& field) {
    const auto text = text_of(field);
    return text ? parse_timestamp(*text) : std::nullopt;
}

/// The items of a list that can be read.
template <typename ReadItem>
auto list_of(const Field& field, ReadItem read_item) {
    std::vector<typename decltype(read_item(field))::value_type> list;
    const auto* items = lenient([&] { return &field.array(); }).value_or(nullptr);
    if (items == nullptr) return list;
    for (const auto& value : *items) {
        if (auto item = read_item(Field(&value, field.path()))) list.push_back(std::move(*item));
    }
    return list;
}

std::optional<ConditionStatus> condition_status_of(const Field& field) {
    const auto text = text_of(field);
    for (const auto status : {ConditionStatus::True, ConditionStatus::False, ConditionStatus::Unknown}) {
        if (text == to_string(status)) return status;
    }
    return std::nullopt;
}

std::optional<Condition> condition_of(const Field& field) {
    return lenient([&] {
        const auto status = condition_status_of(field["status"]);
        const auto since = time_of(field["lastTransitionTime"]);
        if (!status || !since) throw InvalidField(field.path(), "a condition has a status and a time");
        Condition condition;
        condition.type = field["type"].text();
        condition.status = *status;
        condition.reason = text_of(field["reason"]).value_or("");
        condition.message = text_of(field["message"]).value_or("");
        condition.observed_generation = lenient([&] { return field["observedGeneration"].integer(); }).value_or(0);
        condition.last_transition_time = *since;
        return condition;
    });
}

std::optional<HistoryEntry> history_entry_of(const Field& field) {
    return lenient([&] {
        HistoryEntry entry;
        entry.version = field["version"].text();
        entry.name = text_of(field["name"]).value_or("");
        entry.checksum = text_of(field["checksum"]).value_or("");
        entry.applied_at = time_of(field["appliedAt"]).value_or(Timestamp());
        entry.duration = lenient([&] { return parse_duration(field["duration"].text()); }).value_or(entry.duration);
        return entry;
    });
}

std::optional<ErrorDetails> error_of(const Field& field) {
    if (!field.is_there()) return std::nullopt;
    return lenient([&] {
        ErrorDetails error;
        error.sqlstate = text_of(field["sqlstate"]).value_or("");
        error.message = text_of(field["message"]).value_or("");
        error.version = text_of(field["version"]).value_or("");
        error.file = text_of(field["file"]).value_or("");
        error.line = count_of(field["line"]).value_or(0);
        error.column = count_of(field["column"]).value_or(0);
        error.statement = count_of(field["statement"]).value_or(0);
        return error;
    });
}

std::optional<DatabaseSession> session_of(const Field& field, const char* since) {
    if (!field.is_there()) return std::nullopt;
    return lenient([&] {
        DatabaseSession session;
        session.pid = static_cast<int>(field["pid"].integer());
        session.application = text_of(field["application"]).value_or("");
        session.client = text_of(field["client"]).value_or("");
        session.state = text_of(field["state"]).value_or("");
        session.query = text_of(field["query"]).value_or("");
        session.since = time_of(field[since]);
        return session;
    });
}

std::optional<AwaitedLock> lock_of(const Field& field) {
    if (!field.is_there()) return std::nullopt;
    return lenient([&] { return AwaitedLock{field["key"].integer(), session_of(field["holder"], "since")}; });
}

std::optional<IndexBuild> index_build_of(const Field& field) {
    if (!field.is_there()) return std::nullopt;
    return lenient([&] {
        IndexBuild build{field["phase"].text(), std::nullopt};
        if (const auto percent = count_of(field["percent"])) build.percent = static_cast<int>(*percent);
        return build;
    });
}

std::optional<RunningScript> running_of(const Field& field) {
    if (!field.is_there()) return std::nullopt;
    return lenient([&] {
        RunningScript running;
        running.version = field["version"].text();
        running.started_at = time_of(field["startedAt"]).value_or(Timestamp());
        running.statement = count_of(field["statement"]).value_or(0);
        running.statements = count_of(field["statements"]).value_or(0);
        running.index_build = index_build_of(field["indexBuild"]);
        running.waiting_on =
            list_of(field["waitingOn"], [](const Field& item) { return session_of(item, "queryStart"); });
        return running;
    });
}

std::optional<JobReference> job_of(const Field& field) {
    if (!field.is_there()) return std::nullopt;
    return lenient([&] {
        JobReference job;
        job.name = field["name"].text();
        job.started_at = time_of(field["startedAt"]).value_or(Timestamp());
        job.finished_at = time_of(field["finishedAt"]);
        return job;
    });
}

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

MigrationStatus status_from_json(const Field& field) {
    MigrationStatus status;
    if (!lenient([&] { return &field.object(); })) return status;
    status.observed_generation = lenient([&] { return field["observedGeneration"].integer(); }).value_or(-1);
    status.conditions = list_of(field["conditions"], condition_of);
    status.current_version = text_of(field["currentVersion"]);
    status.applied_count = count_of(field["appliedCount"]);
    status.pending_count = count_of(field["pendingCount"]);
    status.missing_count = count_of(field["missingCount"]);
    status.pending = list_of(field["pending"], text_of);
    status.history = list_of(field["history"], history_entry_of);
    status.history_table = text_of(field["historyTable"]);
    status.source_digest = text_of(field["sourceDigest"]);
    status.source_revision = text_of(field["sourceRevision"]);
    status.run = static_cast<std::int64_t>(count_of(field["run"]).value_or(0));
    status.inputs_fingerprint = text_of(field["inputsFingerprint"]);
    status.job = job_of(field["job"]);
    status.failures = count_of(field["failures"]).value_or(0);
    status.next_retry_time = time_of(field["nextRetryTime"]);
    status.last_error = error_of(field["lastError"]);
    status.last_applied_time = time_of(field["lastAppliedTime"]);
    status.last_handled_request = text_of(field["lastHandledRequest"]).value_or("");
    status.lock = lock_of(field["lock"]);
    status.running = running_of(field["running"]);
    return status;
}

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
