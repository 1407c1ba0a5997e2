#include "support/life_scenarios.hpp"

#include <algorithm>
#include <array>

namespace lockkeeper::tests {
namespace {

using nlohmann::json;

json script(const std::string& sql) {
    return {{"1_a.sql", sql}};
}

const json no_op = script("SELECT 1;");
const json two_no_ops{{"1_a.sql", "SELECT 1;"}, {"2_b.sql", "SELECT 2;"}};

}  // namespace

std::vector<Scenario> LifeScenarios::all() {
    of_sources();
    of_histories();
    of_secrets();
    of_waits();
    of_runs();
    of_steering();
    return std::move(scenarios_);
}

Scenario& LifeScenarios::scenario(const std::string& name, std::vector<std::string> events) {
    space_.apply_secret(name);
    scenarios_.push_back({name, {}, std::move(events)});
    return scenarios_.back();
}

Step LifeScenarios::inline_source(const std::string& name, const json& files, const std::string& ready, json spec) {
    return {[this, name, files, spec = std::move(spec)] { space_.apply(name, files, spec); }, ready_is(ready)};
}

Step LifeScenarios::config_map_source(const std::string& name, const std::string& ready, json spec) {
    return {[this, name, spec = std::move(spec)] { space_.apply_from_config_map(name, spec); }, ready_is(ready)};
}

Step LifeScenarios::config_map(const std::string& name, const json& files, std::function<bool(const json&)> is_done) {
    return {[this, name, files] { space_.apply_config_map(name, files); }, std::move(is_done)};
}

Step LifeScenarios::secret(const std::string& name, const std::string& url, const std::string& ready) {
    return {[this, name, url] { space_.apply_secret(name, url); }, ready_is(ready)};
}

Step LifeScenarios::request(const std::string& name, const std::string& value, const std::string& ready) {
    return {[this, name, value] { space_.request(name, value); },
            [value, is_ready = ready_is(ready)](const json& object) {
                return is_ready(object) && object["status"].value("lastHandledRequest", "") == value;
            }};
}

Step LifeScenarios::hold(const std::string& sql, const Step& then) {
    sessions_.push_back(std::make_unique<postgres::Connection>(space_.database().connect("holder")));
    return {[session = sessions_.back().get(), sql, act = then.act] {
                for (std::size_t at = 0; at < sql.size();) {
                    const auto end = std::min(sql.find(';', at), sql.size());
                    session->query(sql.substr(at, end - at));
                    at = end + 1;
                }
                act();
            },
            then.is_done};
}

Step LifeScenarios::let_go(const std::string& sql, const std::string& ready) {
    return {[session = sessions_.back().get(), sql] { session->query(sql); }, ready_is(ready)};
}

void LifeScenarios::of_sources() {
    scenario("plain", {"UpToDate"}).steps = {inline_source("plain", no_op, "True/UpToDate")};
    scenario("broken", {"ScriptFailed", "UpToDate"}).steps = {
        inline_source("broken", script("SELECT * FROM nowhere;"), "False/ScriptFailed"),
        inline_source("broken", no_op, "True/UpToDate")};
    scenario("literal", {"ScriptFailed", "UpToDate"}).steps = {
        inline_source("literal", script("SELECT 'hunter2'::int;"), "False/ScriptFailed"),
        inline_source("literal", no_op, "True/UpToDate")};
    scenario("absent", {"SourceNotFound", "UpToDate"}).steps = {config_map_source("absent", "False/SourceNotFound"),
                                                                config_map("absent", no_op, ready_is("True/UpToDate"))};
    scenario("growing", {"UpToDate x2"}).steps = {
        config_map("growing", no_op, [](const json&) { return true; }), config_map_source("growing", "True/UpToDate"),
        config_map("growing", two_no_ops,
                   [](const json& object) { return object["status"].value("currentVersion", "") == "2_b"; })};
    scenario("emptied", {"UpToDate x2"}).steps = {
        config_map("emptied", no_op, [](const json&) { return true; }), config_map_source("emptied", "True/UpToDate"),
        config_map("emptied", nullptr,
                   [](const json& object) { return object["status"].value("missingCount", 0) == 1; })};
    scenario("hollow", {"InvalidSource", "UpToDate"}).steps = {
        config_map("hollow", {{"README", "nothing"}}, [](const json&) { return true; }),
        config_map_source("hollow", "False/InvalidSource"), config_map("hollow", no_op, ready_is("True/UpToDate"))};
    scenario("twice", {"InvalidSource", "UpToDate"}).steps = {
        inline_source("twice", {{"1_a.sql", "SELECT 1;"}, {"1_a.up.sql", "SELECT 1;"}}, "False/InvalidSource"),
        inline_source("twice", no_op, "True/UpToDate")};
    scenario("digest", {"SourceDigestMismatch", "UpToDate"}).steps = {
        config_map("digest", no_op, [](const json&) { return true; }),
        config_map_source("digest", "False/SourceDigestMismatch",
                          {{"source", {{"expectedDigest", "sha256:" + std::string(64, '0')}}}}),
        config_map_source("digest", "True/UpToDate")};
}

void LifeScenarios::of_histories() {
    scenario("edited", {"UpToDate x2", "ChecksumMismatch"}).steps = {
        inline_source("edited", no_op, "True/UpToDate"),
        inline_source("edited", script("SELECT 2;"), "False/ChecksumMismatch"),
        inline_source("edited", no_op, "True/UpToDate")};
    scenario("late", {"UpToDate x2", "OutOfOrder"}).steps = {
        inline_source("late", {{"2_b.sql", "SELECT 2;"}}, "True/UpToDate"),
        inline_source("late", two_no_ops, "False/OutOfOrder"),
        inline_source("late", two_no_ops, "True/UpToDate", {{"policy", {{"outOfOrder", "Allow"}}}})};
    const json strict{{"policy", {{"missingScripts", "Fail"}}}};
    scenario("missing", {"UpToDate x2", "MissingScripts"}).steps = {
        inline_source("missing", two_no_ops, "True/UpToDate", strict),
        inline_source("missing", no_op, "False/MissingScripts", strict),
        inline_source("missing", two_no_ops, "True/UpToDate", strict)};
    scenario("downward", {"UpToDate x2", "RollbackForbidden"}).steps = {
        inline_source("downward", two_no_ops, "True/UpToDate"),
        inline_source("downward", two_no_ops, "False/RollbackForbidden", {{"targetVersion", "1_a"}}),
        inline_source("downward", two_no_ops, "True/UpToDate")};
    scenario("nowhere", {"InvalidSource", "UpToDate"}).steps = {
        inline_source("nowhere", no_op, "False/InvalidSource", {{"targetVersion", "9_z"}}),
        inline_source("nowhere", no_op, "True/UpToDate")};
    scenario("moved", {"UpToDate x2", "HistoryMoved"}).steps = {
        inline_source("moved", no_op, "True/UpToDate"),
        inline_source("moved", no_op, "False/HistoryMoved", {{"history", {{"table", "elsewhere"}}}}),
        inline_source("moved", no_op, "True/UpToDate")};
}

void LifeScenarios::of_secrets() {
    const auto& good = space_.database().url();
    auto wrong = good;
    const auto at = wrong.find('@');
    wrong.replace(at, 1, "wrong@");
    const auto other = with_database(good, space_.database().name() + "_other");
    const auto start = [&](const std::string& name, const std::string& url, const std::string& ready) {
        auto applied = inline_source(name, no_op, ready);
        return Step{[this, name, url, act = applied.act] {
                        space_.apply_secret(name, url);
                        act();
                    },
                    applied.is_done};
    };
    const std::vector<std::array<std::string, 3>> bad_ones{
        {"password", wrong, "AccessDenied"},
        {"database", other, "DatabaseNotFound"},
        {"parameter", good + "&passfile=/etc/passwd", "InvalidConnection"},
        {"address", "postgresql://u:hunter2@127.0.0.1:1/d", "DatabaseUnreachable"}};
    for (const auto& [name, url, reason] : bad_ones) {
        scenario(name, {reason, "UpToDate"}).steps = {start(name, url, "False/" + reason),
                                                      secret(name, good, "True/UpToDate")};
    }
    scenario("secretless", {"SecretNotFound", "UpToDate"}).steps = {Step{[this] {
                                                                             space_.ns().remove("secret", "secretless");
                                                                             space_.apply("secretless", no_op);
                                                                         },
                                                                         ready_is("False/SecretNotFound")},
                                                                    secret("secretless", good, "True/UpToDate")};
    scenario("role", {"SettingRefused", "UpToDate"}).steps = {
        inline_source("role", no_op, "False/SettingRefused", {{"session", {{"role", "nobody_here"}}}}),
        inline_source("role", no_op, "True/UpToDate")};
}

void LifeScenarios::of_waits() {
    scenario("locked", {"WaitingForLock", "Migrating", "UpToDate"}).steps = {
        hold("SELECT pg_advisory_lock(901)", {inline_source("locked", no_op, "", {{"lock", {{"key", 901}}}}).act,
                                              [](const json& object) { return object["status"].contains("lock"); }}),
        let_go("SELECT pg_advisory_unlock(901)", "True/UpToDate")};
    scenario("impatient", {"WaitingForLock", "UpToDate"}).steps = {
        hold("SELECT pg_advisory_lock(902)", inline_source("impatient", no_op, "False/WaitingForLock",
                                                           {{"lock", {{"key", 902}, {"acquireTimeout", "200ms"}}}})),
        let_go("SELECT pg_advisory_unlock(902)", "True/UpToDate")};
    space_.database().run("CREATE TABLE gate (a int)");
    scenario("gate", {"WaitingForTableLock", "UpToDate"}).steps = {
        hold("BEGIN;LOCK TABLE gate", inline_source("gate", script("SELECT * FROM gate;"), "False/WaitingForTableLock",
                                                    {{"session", {{"lockTimeout", "200ms"}}}})),
        let_go("ROLLBACK", "True/UpToDate")};
    scenario("depending", {"DependencyNotReady", "UpToDate"}).steps = {
        inline_source("depending", no_op, "False/DependencyNotReady",
                      {{"dependsOn", json::array({{{"name", "slow"}}})}}),
        Step{[] {}, ready_is("True/UpToDate")}};
    const auto circle = [&](const std::string& name, const std::string& other, const Step& cut) {
        scenario(name, {"DependencyCycle", "UpToDate"}).steps = {
            inline_source(name, no_op, "False/DependencyCycle", {{"dependsOn", json::array({{{"name", other}}})}}),
            cut};
        scenarios_.back().maybe = {"DependencyNotReady"};  // before the circle is closed, and while it is cut
    };
    circle("circle-a", "circle-b", inline_source("circle-a", no_op, "True/UpToDate"));
    circle("circle-b", "circle-a", {[] {}, ready_is("True/UpToDate")});
}

void LifeScenarios::of_runs() {
    const json patient{{"session", {{"lockTimeout", "0"}}}};
    const auto runs = [](const json& object) { return object["status"].contains("running"); };
    space_.database().run("CREATE TABLE slow_gate (a int)");
    scenario("slow", {"Migrating", "UpToDate"}).steps = {
        hold("BEGIN;LOCK TABLE slow_gate",
             {inline_source("slow", script("SELECT * FROM slow_gate;"), "", patient).act, runs}),
        let_go("ROLLBACK", "True/UpToDate")};
    space_.database().run("CREATE TABLE indexed (a int)");
    scenario("index", {"Migrating", "UpToDate"}).steps = {
        hold("BEGIN;INSERT INTO indexed VALUES (1)",
             {inline_source("index", script("CREATE INDEX CONCURRENTLY i ON indexed (a);"), "").act,
              [](const json& object) { return object["status"].contains("/running/indexBuild"_json_pointer); }}),
        let_go("COMMIT", "True/UpToDate")};
    scenario("together", {"UpToDate"}).steps = {
        inline_source("together", two_no_ops, "True/UpToDate", {{"transaction", "Run"}})};
    space_.database().run("CREATE TABLE second_gate (a int)");
    scenario("deleted", {"Migrating", "UpToDate"}).steps = {
        hold("BEGIN;LOCK TABLE second_gate",
             {inline_source("deleted", script("SELECT * FROM second_gate;"), "", patient).act, runs}),
        Step{[this] { space_.remove("deleted"); }, [](const json& object) { return object.empty(); }},
        inline_source("deleted", no_op, "True/UpToDate")};
}

void LifeScenarios::of_steering() {
    scenario("asked", {"ScriptFailed x2", "UpToDate"}).steps = {
        inline_source("asked", script("SELECT * FROM asked_for;"), "False/ScriptFailed"),
        request("asked", "one", "False/ScriptFailed"),
        Step{[this] {
                 space_.database().run("CREATE TABLE asked_for (a int)");
                 space_.request("asked", "two");
             },
             ready_is("True/UpToDate")}};
    const json suspended{{"suspend", true}};
    scenario("suspended", {"Suspended", "UpToDate"}).steps = {
        inline_source("suspended", no_op, "False/Suspended", suspended),
        inline_source("suspended", no_op, "True/UpToDate")};
    scenario("paused", {"UpToDate x2"}).steps = {inline_source("paused", no_op, "True/UpToDate"),
                                                 inline_source("paused", no_op, "True/UpToDate", suspended),
                                                 inline_source("paused", no_op, "True/UpToDate")};
    scenario("halted", {"UpToDate x2", "Suspended"}).steps = {
        inline_source("halted", no_op, "True/UpToDate"),
        inline_source("halted", two_no_ops, "False/Suspended", suspended),
        inline_source("halted", two_no_ops, "True/UpToDate")};
    scenario("regular", {"UpToDate"}).steps = {inline_source("regular", no_op, "True/UpToDate", {{"interval", "10s"}})};
}

}  // namespace lockkeeper::tests
