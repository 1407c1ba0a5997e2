#include "api/run_spec_json.hpp"

#include "api/durations.hpp"

#include <nlohmann/json.hpp>

namespace lockkeeper::api {
namespace {

using nlohmann::json;

/// An object whose fields are there only where they differ from their defaults.
class SparseObject {
  public:
    template <typename Value>
    void put(const char* name, const Value& value, const Value& by_default) {
        if (value != by_default) object_[name] = to_value(value);
    }
    void put(const char* name, const SparseObject& value) {
        if (!value.object_.empty()) object_[name] = value.object_;
    }
    json take() { return std::move(object_); }

  private:
    static json to_value(const std::string& text) { return text; }
    static json to_value(const std::optional<std::string>& text) { return *text; }
    static json to_value(const std::optional<std::int64_t>& number) { return *number; }
    static json to_value(std::chrono::milliseconds duration) { return format_duration(duration); }
    static json to_value(const std::vector<std::string>& list) { return list; }
    static json to_value(const std::vector<std::int64_t>& list) { return list; }
    static json to_value(const std::map<std::string, std::string>& map) { return map; }
    static json to_value(Severity severity) { return severity == Severity::Warn ? "Warn" : "Fail"; }
    static json to_value(TransactionScope scope) {
        return scope == TransactionScope::Run ? "Run" : scope == TransactionScope::None ? "None" : "Script";
    }

    json object_ = json::object();
};

SparseObject policy_of(const PolicySpec& policy) {
    const PolicySpec defaults;
    SparseObject object;
    object.put<std::string>("outOfOrder", policy.allow_out_of_order ? "Allow" : "Forbid", "Forbid");
    object.put("checksumMismatch", policy.checksum_mismatch, defaults.checksum_mismatch);
    object.put("missingScripts", policy.missing_scripts, defaults.missing_scripts);
    return object;
}

SparseObject lock_of(const LockSpec& lock) {
    const LockSpec defaults;
    SparseObject object;
    object.put("key", lock.key, defaults.key);
    object.put("acquireTimeout", lock.acquire_timeout, defaults.acquire_timeout);
    object.put("alsoHold", lock.also_hold, defaults.also_hold);
    return object;
}

SparseObject session_of(const SessionSpec& session) {
    const SessionSpec defaults;
    SparseObject object;
    object.put("lockTimeout", session.lock_timeout, defaults.lock_timeout);
    object.put("statementTimeout", session.statement_timeout, defaults.statement_timeout);
    object.put("role", session.role, defaults.role);
    object.put("searchPath", session.search_path, defaults.search_path);
    object.put("parameters", session.parameters, defaults.parameters);
    return object;
}

SparseObject history_of(const HistorySpec& history) {
    const HistorySpec defaults;
    SparseObject object;
    object.put("schema", history.schema, defaults.schema);
    object.put("table", history.table, defaults.table);
    return object;
}

/// That it is there means something, even where all of it has its default.
json adopt_of(const AdoptSpec& adopt) {
    json object{{"from", adopt.from}};
    if (adopt.table) object["table"] = *adopt.table;
    return object;
}

}  // namespace

json run_spec_to_json(const MigrationSpec& spec) {
    const MigrationSpec defaults;
    SparseObject object;
    object.put("layout", spec.layout, defaults.layout);
    object.put("targetVersion", spec.target_version, defaults.target_version);
    object.put("baseline", spec.baseline, defaults.baseline);
    object.put("policy", policy_of(spec.policy));
    object.put("history", history_of(spec.history));
    object.put("lock", lock_of(spec.lock));
    object.put("session", session_of(spec.session));
    object.put("transaction", spec.transaction, defaults.transaction);
    auto text = object.take();
    if (spec.adopt) text["adopt"] = adopt_of(*spec.adopt);
    return text;
}

}  // namespace lockkeeper::api
