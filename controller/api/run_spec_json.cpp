#include "api/run_spec_json.hpp"

#include "api/durations.hpp"

#include <nlohmann/json.hpp>

namespace lockkeeper::api {
namespace {

using nlohmann::json;

/// A part of a spec as an object, whose fields are there only where they differ from their defaults.
template <typename Spec>
class SparseObject {
  public:
    explicit SparseObject(const Spec& spec) : spec_(spec) {}

    template <typename Value>
    SparseObject& put(const char* name, Value Spec::*field) {
        if (spec_.*field != defaults_.*field) object_[name] = to_value(spec_.*field);
        return *this;
    }
    SparseObject& put_unless_empty(const char* name, json value) {
        if (!value.empty()) object_[name] = std::move(value);
        return *this;
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

    const Spec& spec_;
    const Spec defaults_{};
    json object_ = json::object();
};

json policy_of(const PolicySpec& policy) {
    return SparseObject(policy)
        .put_unless_empty("outOfOrder", policy.allow_out_of_order ? json("Allow") : json())
        .put("checksumMismatch", &PolicySpec::checksum_mismatch)
        .put("missingScripts", &PolicySpec::missing_scripts)
        .take();
}

json history_of(const HistorySpec& history) {
    return SparseObject(history).put("schema", &HistorySpec::schema).put("table", &HistorySpec::table).take();
}

json lock_of(const LockSpec& lock) {
    return SparseObject(lock)
        .put("key", &LockSpec::key)
        .put("acquireTimeout", &LockSpec::acquire_timeout)
        .put("alsoHold", &LockSpec::also_hold)
        .take();
}

json session_of(const SessionSpec& session) {
    return SparseObject(session)
        .put("lockTimeout", &SessionSpec::lock_timeout)
        .put("statementTimeout", &SessionSpec::statement_timeout)
        .put("role", &SessionSpec::role)
        .put("searchPath", &SessionSpec::search_path)
        .put("parameters", &SessionSpec::parameters)
        .take();
}

/// That it is there means something, even where all of it has its default.
json adopt_of(const AdoptSpec& adopt) {
    json object{{"from", adopt.from}};
    if (adopt.table) object["table"] = *adopt.table;
    return object;
}

}  // namespace

json run_spec_to_json(const MigrationSpec& spec) {
    return SparseObject(spec)
        .put("layout", &MigrationSpec::layout)
        .put("targetVersion", &MigrationSpec::target_version)
        .put("baseline", &MigrationSpec::baseline)
        .put_unless_empty("adopt", spec.adopt ? adopt_of(*spec.adopt) : json())
        .put_unless_empty("policy", policy_of(spec.policy))
        .put_unless_empty("history", history_of(spec.history))
        .put_unless_empty("lock", lock_of(spec.lock))
        .put_unless_empty("session", session_of(spec.session))
        .put("transaction", &MigrationSpec::transaction)
        .take();
}

}  // namespace lockkeeper::api
