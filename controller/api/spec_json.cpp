#include "api/spec_json.hpp"

#include "api/database_json.hpp"
#include "api/execution_json.hpp"

#include <algorithm>

namespace lockkeeper::api {
namespace {

constexpr std::size_t longest_identifier = 63;  // PostgreSQL's NAMEDATALEN - 1

void read_identifier(const Field& field, std::string& into) {
    if (!field.is_there()) return;
    const auto& name = field.text();
    if (name.empty() || name.size() > longest_identifier || name.find('.') != std::string::npos) {
        throw InvalidField(field.path(),
                           "write a name of 1 to 63 bytes without a dot; schema and table are written apart");
    }
    into = name;
}

std::string read_digest(const Field& field) {
    constexpr std::string_view prefix = "sha256:";
    constexpr std::size_t digits = 64;
    const auto& text = field.text();
    const auto is_hexadecimal = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (!text.starts_with(prefix) || text.size() != prefix.size() + digits ||
        !std::ranges::all_of(text.substr(prefix.size()), is_hexadecimal)) {
        throw InvalidField(field.path(), "write sha256: and 64 lower-case hexadecimal digits");
    }
    return text;
}

ConfigMapSource read_config_maps(const Field& field) {
    ConfigMapSource source;
    for (const auto& entry : field.items()) {
        auto name = required_name(entry["name"]);
        if (std::ranges::find(source.names, name) != source.names.end()) {
            throw InvalidField(field.path(), "'" + name + "' is there twice; keep one of them");
        }
        source.names.push_back(std::move(name));
    }
    return source;
}

ImageSource read_image(const Field& field) {
    ImageSource source;
    source.reference = required_name(field["reference"]);
    read(field["path"], source.path);
    if (!source.path.starts_with('/')) throw InvalidField(field["path"].path(), "write a path that begins with /");
    read(field["pullPolicy"], source.pull_policy);
    const auto secrets = field["pullSecrets"];
    if (!secrets.is_there()) return source;
    for (const auto& secret : secrets.items()) source.pull_secrets.push_back(required_name(secret["name"]));
    return source;
}

std::string read_layout(const Field& field) {
    read_word(field, {"Auto", "Paired", "Goose", "Dbmate", "Tern", "Flyway"}, 0);
    return field.is_there() ? field.text() : "Auto";
}

void check_qualified(const Field& field) {
    const std::string_view name = field.text();
    const auto dot = name.find('.');
    const auto is_part = [](std::string_view part) {
        return !part.empty() && part.size() <= longest_identifier && part.find('.') == std::string_view::npos &&
               part.find('\0') == std::string_view::npos;
    };
    if (is_part(name.substr(0, dot)) && (dot == std::string_view::npos || is_part(name.substr(dot + 1)))) return;
    throw InvalidField(field.path(), "write table or schema.table, each of 1 to 63 bytes");
}

std::optional<AdoptSpec> read_adopt(const Field& field) {
    if (!field.is_there()) return std::nullopt;
    AdoptSpec adopt;
    const auto from = field["from"];
    read_word(from, {"Auto", "GolangMigrate", "Goose", "Dbmate", "Tern", "Flyway", "Atlas", "Versions"}, 0);
    read(from, adopt.from);
    adopt.table = optional_text(field["table"]);
    if (adopt.table) check_qualified(field["table"]);
    return adopt;
}

void read(const Field& field, Severity& into) {
    into = static_cast<Severity>(read_word(field, {"Warn", "Fail"}, static_cast<std::size_t>(into)));
}

PolicySpec read_policy(const Field& field) {
    PolicySpec policy;
    policy.allow_out_of_order = read_word(field["outOfOrder"], {"Forbid", "Allow"}, 0) == 1;
    read(field["checksumMismatch"], policy.checksum_mismatch);
    read(field["missingScripts"], policy.missing_scripts);
    return policy;
}

SourceSpec read_source(const Field& field) {
    const auto scripts = field["inline"];
    const auto config_maps = field["configMaps"];
    const auto image = field["image"];
    if (int{scripts.is_there()} + int{config_maps.is_there()} + int{image.is_there()} != 1) {
        throw InvalidField(field.path(),
                           "write exactly one of: inline (scripts in this resource), configMaps (names of ConfigMaps "
                           "in this namespace), image (a directory of a container image)");
    }
    SourceSpec source;
    if (scripts.is_there()) {
        source.from = InlineSource{scripts.texts()};
    } else if (config_maps.is_there()) {
        source.from = read_config_maps(config_maps);
    } else {
        source.from = read_image(image);
    }
    if (field["expectedDigest"].is_there()) source.expected_digest = read_digest(field["expectedDigest"]);
    return source;
}

LockSpec read_lock(const Field& field) {
    LockSpec lock;
    if (field["key"].is_there()) lock.key = field["key"].integer();
    read(field["acquireTimeout"], lock.acquire_timeout);
    const auto also = field["alsoHold"];
    if (!also.is_there()) return lock;
    for (const auto& key : also.items()) lock.also_hold.push_back(key.integer());
    return lock;
}

SessionSpec read_session(const Field& field) {
    SessionSpec session;
    read(field["lockTimeout"], session.lock_timeout);
    read(field["statementTimeout"], session.statement_timeout);
    session.role = optional_text(field["role"]);
    const auto path = field["searchPath"];
    if (path.is_there()) {
        for (const auto& schema : path.items()) session.search_path.push_back(required_name(schema));
    }
    const auto parameters = field["parameters"];
    if (parameters.is_there()) session.parameters = parameters.texts();
    return session;
}

RetrySpec read_retry(const Field& field) {
    RetrySpec retry;
    read(field["initialDelay"], retry.initial_delay);
    read(field["maxDelay"], retry.max_delay);
    if (retry.initial_delay < std::chrono::milliseconds(100) || retry.max_delay < retry.initial_delay) {
        throw InvalidField(field.path(), "write an initialDelay of at least 100ms, and a maxDelay that is not shorter");
    }
    return retry;
}

std::optional<std::chrono::milliseconds> read_interval(const Field& field) {
    if (!field.is_there()) return std::nullopt;
    std::chrono::milliseconds interval{0};
    read(field, interval);
    if (interval < std::chrono::seconds(10)) {
        throw InvalidField(field.path(), "write an interval of at least 10s, or leave it out");
    }
    return interval;
}

std::vector<std::string> read_depends_on(const Field& field) {
    std::vector<std::string> names;
    if (!field.is_there()) return names;
    for (const auto& entry : field.items()) names.push_back(required_name(entry["name"]));
    return names;
}

}  // namespace

MigrationSpec run_spec_from_json(const Field& field) {
    MigrationSpec spec;
    spec.layout = read_layout(field["layout"]);
    spec.target_version = optional_text(field["targetVersion"]);
    spec.baseline = optional_text(field["baseline"]);
    spec.adopt = read_adopt(field["adopt"]);
    if (spec.adopt && spec.baseline) {
        throw InvalidField(field["adopt"].path(), "write adopt or baseline, not both");
    }
    spec.policy = read_policy(field["policy"]);
    read_identifier(field["history"]["schema"], spec.history.schema);
    read_identifier(field["history"]["table"], spec.history.table);
    spec.lock = read_lock(field["lock"]);
    spec.session = read_session(field["session"]);
    spec.transaction = static_cast<TransactionScope>(read_word(field["transaction"], {"Script", "Run", "None"}, 0));
    return spec;
}

MigrationSpec spec_from_json(const Field& field) {
    auto spec = run_spec_from_json(field);
    read_database(field["database"], spec);
    spec.source = read_source(field["source"]);
    spec.retry = read_retry(field["retry"]);
    spec.execution = execution_from_json(field["execution"]);
    if (std::holds_alternative<ImageSource>(spec.source.from) && spec.execution.mode != ExecutionMode::Job) {
        throw InvalidField(field["source"]["image"].path(), "an image needs execution: {mode: Job}");
    }
    spec.interval = read_interval(field["interval"]);
    spec.depends_on = read_depends_on(field["dependsOn"]);
    read(field["suspend"], spec.suspend);
    return spec;
}

}  // namespace lockkeeper::api
