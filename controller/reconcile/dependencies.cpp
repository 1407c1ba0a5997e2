#include "reconcile/dependencies.hpp"

#include "api/conditions.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>

namespace lockkeeper::reconcile {
namespace {

/// Why a Migration that is there does not count as Ready; nothing if it does.
std::optional<std::string> why_unready(const api::Migration& migration) {
    if (migration.metadata.deletion_timestamp) return "is being deleted";
    const auto* ready = api::find_condition(migration.status.conditions, api::condition_type::ready);
    if (ready == nullptr) return "was not looked at yet";
    if (ready->status != api::ConditionStatus::True) return "is not Ready (" + ready->reason + ")";
    if (migration.status.observed_generation != migration.metadata.generation) return "has changed";
    return std::nullopt;
}

/// Breadth first, so that the shortest way is found, and the same one each time.
std::vector<std::string> find_cycle(const api::Migration& migration, const FindMigration& find) {
    const auto& start = migration.metadata.name;
    std::map<std::string, std::string> came_from;
    std::deque<std::string> ahead{start};
    while (!ahead.empty()) {
        const auto name = std::move(ahead.front());
        ahead.pop_front();
        const auto found = name == start ? nullptr : find(name);
        if (name != start && !found) continue;
        for (const auto& next : (found ? *found : migration).spec.depends_on) {
            if (!came_from.emplace(next, name).second) continue;
            if (next != start) {
                ahead.push_back(next);
                continue;
            }
            std::vector<std::string> way{start};
            for (auto at = name; at != start; at = came_from.at(at)) way.push_back(at);
            way.push_back(start);
            std::ranges::reverse(way);
            return way;
        }
    }
    return {};
}

}  // namespace

ObservedDependencies observe_dependencies(const api::Migration& migration, const FindMigration& find) {
    ObservedDependencies observed;
    if (migration.spec.depends_on.empty()) return observed;
    observed.cycle = find_cycle(migration, find);
    for (const auto& name : migration.spec.depends_on) {
        const auto found = find(name);
        auto why = found ? why_unready(*found) : std::string("is not there");
        if (why) observed.unready.push_back({name, std::move(*why)});
    }
    return observed;
}

bool matters_to_dependents(const api::Migration* before, const api::Migration* after) {
    if (before == nullptr || after == nullptr) return true;
    // A cycle may be closed or opened by an edit, anything else goes by whether it is Ready, and why not.
    return before->metadata.uid != after->metadata.uid || before->spec.depends_on != after->spec.depends_on ||
           why_unready(*before) != why_unready(*after);
}

std::string describe_cycle(const std::vector<std::string>& cycle) {
    std::string text;
    for (const auto& name : cycle) text += (text.empty() ? "" : " → ") + name;
    return text;
}

std::string describe_unready(const std::vector<UnreadyDependency>& unready) {
    std::string text;
    for (const auto& [name, why] : unready) {
        text += (text.empty() ? "'" : ", and '") + name + "', which " + why;
    }
    return text;
}

}  // namespace lockkeeper::reconcile
