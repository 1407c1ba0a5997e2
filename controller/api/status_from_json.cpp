#include "api/status_from_json.hpp"

namespace lockkeeper::api {
namespace {

/// A status is the controller's own and may be of another version of it: what cannot be read is not there. Most of what
/// a status may say is not there, so that is no matter for an exception.
template <typename Read>
auto lenient(const Field& field, Read read) -> std::optional<decltype(read())> {
    if (!field.is_there()) return std::nullopt;
    try {
        return read();
    } catch (const InvalidField&) {
        return std::nullopt;
    }
}

std::optional<std::string> text_of(const Field& field) {
    return lenient(field, [&] { return field.text(); });
}

std::optional<std::int64_t> number_of(const Field& field) {
    return lenient(field, [&] { return field.integer(); });
}

std::optional<std::chrono::milliseconds> duration_of(const Field& field) {
    return lenient(field, [&] { return field.duration(); });
}

std::optional<std::size_t> count_of(const Field& field) {
    const auto number = number_of(field);
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
    for (const auto& item : lenient(field, [&] { return field.items(); }).value_or(std::vector<Field>())) {
        if (auto value = read_item(item)) list.push_back(std::move(*value));
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
    return lenient(field, [&] {
        const auto status = condition_status_of(field["status"]);
        const auto since = time_of(field["lastTransitionTime"]);
        if (!status || !since) throw InvalidField(field.path(), "a condition has a status and a time");
        Condition condition;
        condition.type = field["type"].text();
        condition.status = *status;
        condition.reason = text_of(field["reason"]).value_or("");
        condition.message = text_of(field["message"]).value_or("");
        condition.observed_generation = number_of(field["observedGeneration"]).value_or(0);
        condition.last_transition_time = *since;
        return condition;
    });
}

std::optional<HistoryEntry> history_entry_of(const Field& field) {
    return lenient(field, [&] {
        HistoryEntry entry;
        entry.version = field["version"].text();
        entry.name = text_of(field["name"]).value_or("");
        entry.checksum = text_of(field["checksum"]).value_or("");
        entry.applied_at = time_of(field["appliedAt"]).value_or(Timestamp());
        entry.duration = duration_of(field["duration"]).value_or(entry.duration);
        return entry;
    });
}

std::optional<ErrorDetails> error_of(const Field& field) {
    return lenient(field, [&] {
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
    return lenient(field, [&] {
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
    return lenient(field, [&] { return AwaitedLock{field["key"].integer(), session_of(field["holder"], "since")}; });
}

std::optional<IndexBuild> index_build_of(const Field& field) {
    return lenient(field, [&] {
        IndexBuild build{field["phase"].text(), std::nullopt};
        if (const auto percent = count_of(field["percent"])) build.percent = static_cast<int>(*percent);
        return build;
    });
}

std::optional<RunningScript> running_of(const Field& field) {
    return lenient(field, [&] {
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
    return lenient(field, [&] {
        JobReference job;
        job.name = field["name"].text();
        job.started_at = time_of(field["startedAt"]).value_or(Timestamp());
        job.finished_at = time_of(field["finishedAt"]);
        return job;
    });
}

}  // namespace

MigrationStatus status_from_json(const Field& field) {
    MigrationStatus status;
    if (!lenient(field, [&] { return &field.object(); })) return status;
    status.observed_generation = number_of(field["observedGeneration"]).value_or(-1);
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

}  // namespace lockkeeper::api
