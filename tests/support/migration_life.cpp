#include "support/migration_life.hpp"

#include <algorithm>
#include <chrono>
#include <map>

namespace lockkeeper::tests {
namespace {

using nlohmann::json;

json with_defaults(json spec, const std::string& name) {
    if (!spec.contains("history")) spec["history"] = {{"table", "history_" + name}};
    if (!spec.contains("retry")) spec["retry"] = {{"initialDelay", "500ms"}, {"maxDelay", "1s"}};
    return spec;
}

std::map<std::string, json> by_name(const json& list) {
    std::map<std::string, json> objects;
    for (const auto& item : list.value("items", json::array())) objects[item["metadata"]["name"]] = item;
    return objects;
}

}  // namespace

void MigrationSpace::apply(const std::string& name, const json& files, json spec) const {
    spec = with_defaults(std::move(spec), name);
    spec["source"] = {{"inline", files}};
    ns_.apply(migration(name, name, std::move(spec)));
}

void MigrationSpace::apply_from_config_map(const std::string& name, json spec) const {
    spec = with_defaults(std::move(spec), name);
    spec["source"]["configMaps"] = json::array({{{"name", name}}});
    ns_.apply(migration(name, name, std::move(spec)));
}

void MigrationSpace::request(const std::string& name, const std::string& value) const {
    kubectl("annotate pgmig " + name + " --overwrite lockkeeper.dev/requestedAt=" + value + " -n " + ns_.name());
}

json MigrationSpace::all() const {
    const auto got = kubectl("get pgmig -o json -n " + ns_.name());
    return got.exit_code == 0 ? json::parse(got.output) : json::object();
}

std::vector<std::string> run_all(const MigrationSpace& space, const std::vector<Scenario>& scenarios) {
    std::vector<std::string> stuck;
    for (std::size_t round = 0;; ++round) {
        std::vector<const Scenario*> waiting;
        for (const auto& scenario : scenarios) {
            if (round >= scenario.steps.size()) continue;
            scenario.steps[round].act();
            waiting.push_back(&scenario);
        }
        if (waiting.empty()) return stuck;
        const auto still_waiting = [&] {
            const auto objects = by_name(space.all());
            std::erase_if(waiting, [&](const Scenario* scenario) {
                const auto object = objects.find(scenario->name);
                return scenario->steps[round].is_done(object == objects.end() ? json::object() : object->second);
            });
            return waiting.empty();
        };
        if (eventually(still_waiting, std::chrono::seconds(120))) continue;
        const auto objects = by_name(space.all());
        for (const auto* scenario : waiting) {
            const auto object = objects.find(scenario->name);
            stuck.push_back(scenario->name + " at step " + std::to_string(round + 1) + ": " +
                            (object == objects.end() ? "gone" : object->second.value("status", json()).dump()));
        }
        return stuck;
    }
}

std::function<bool(const json&)> ready_is(const std::string& expected) {
    return [expected](const json& object) {
        return condition(object, "Ready") == expected &&
               object["status"]["observedGeneration"] == object["metadata"]["generation"];
    };
}

}  // namespace lockkeeper::tests
