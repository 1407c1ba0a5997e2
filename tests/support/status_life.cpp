#include "support/status_life.hpp"

#include <algorithm>

namespace lockkeeper::tests {
namespace {

using nlohmann::json;

constexpr std::size_t longest_message = 1024;

json condition_of(const json& object, const std::string& type) {
    for (const auto& condition : object.value("/status/conditions"_json_pointer, json::array())) {
        if (condition.value("type", "") == type) return condition;
    }
    return nullptr;
}

bool is_true(const json& condition) {
    return condition.is_object() && condition.value("status", "") == "True";
}

std::string text_of(const json& condition) {
    return condition.value("status", "") + "/" + condition.value("reason", "");
}

/// All that a person or a controller writes: without what the API server keeps books of.
json without_books(json object) {
    object["metadata"].erase("resourceVersion");
    object["metadata"].erase("managedFields");
    return object;
}

bool has_line_break(const std::string& text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

}  // namespace

void StatusLife::see(const json& event) {
    const auto& object = event.at("object");
    const auto& uid = object.at("metadata").at("uid").get_ref<const std::string&>();
    if (event.at("type") == "DELETED") {
        last_.erase(uid);
        return;
    }
    const auto before = last_.find(uid);
    if (before != last_.end()) check_change(before->second, object);
    check(object);
    const auto ready = condition_of(object, "Ready");
    auto& life = ready_of_[object["metadata"]["name"]];
    if (ready.is_object() && (life.empty() || life.back() != text_of(ready))) life.push_back(text_of(ready));
    last_.insert_or_assign(uid, object);
}

std::vector<std::string> StatusLife::ready_of(const std::string& name) const {
    const auto found = ready_of_.find(name);
    return found == ready_of_.end() ? std::vector<std::string>() : found->second;
}

std::size_t StatusLife::writes_of(const std::string& name) const {
    const auto found = writes_of_.find(name);
    return found == writes_of_.end() ? 0 : found->second;
}

void StatusLife::check(const json& object) {
    const auto status = object.value("status", json::object());
    const auto conditions = status.value("conditions", json::array());
    const auto generation = status.value("observedGeneration", -1);
    if (conditions.empty()) {
        if (generation != -1) complain(object, "is observed without a condition");
        return;
    }
    const auto ready = condition_of(object, "Ready");
    const auto reconciling = condition_of(object, "Reconciling");
    const auto stalled = condition_of(object, "Stalled");
    if (!ready.is_object()) return complain(object, "has no Ready");
    for (const auto& condition : conditions) {
        const auto& message = condition.at("message").get_ref<const std::string&>();
        if (condition.value("observedGeneration", -1) != generation)
            complain(object, condition.value("type", "") + " speaks of another generation than the status");
        if (has_line_break(message) || message.size() > longest_message)
            complain(object, "has a message that is no line");
        if (condition["type"] != "Ready" && !is_true(condition)) complain(object, "has a condition that is not True");
    }
    if (generation > object["metadata"].value("generation", 0)) complain(object, "speaks of a generation to come");
    if (is_true(reconciling) && is_true(stalled)) complain(object, "is Reconciling and Stalled");
    if (is_true(ready) && (is_true(reconciling) || is_true(stalled))) complain(object, "is Ready and something else");
    if (status.contains("nextRetryTime") && is_true(stalled)) complain(object, "is Stalled, and a retry is scheduled");
    if (status.contains("nextRetryTime") && !is_true(reconciling)) complain(object, "is tried again, and is at rest");
    if (is_true(ready) && status.contains("lastError")) complain(object, "is Ready with an error");
    if (ready["status"] == "Unknown" && !is_true(reconciling)) complain(object, "is unknown, and is at rest");
    const bool is_running = ready["status"] == "Unknown";
    if (!is_running && (status.contains("running") || status.contains("lock")))
        complain(object, "tells of a run that has ended");
    const auto text = status.dump();
    for (const auto& secret : secrets_) {
        if (text.find(secret) != std::string::npos) complain(object, "shows a secret");
    }
}

void StatusLife::check_change(const json& before, const json& after) {
    if (without_books(before) == without_books(after)) return complain(after, "was written, and nothing changed");
    if (before.value("status", json::object()) == after.value("status", json::object())) return;
    ++writes_of_[after["metadata"]["name"]];
    if (after["status"].value("observedGeneration", -1) < before["status"].value("observedGeneration", -1))
        complain(after, "has gone back to an older generation");
    for (const auto& condition : after["status"].value("conditions", json::array())) {
        const auto old = condition_of(before, condition["type"]);
        if (!old.is_object()) continue;
        const bool is_moved = old["lastTransitionTime"] != condition["lastTransitionTime"];
        if (is_moved && old["status"] == condition["status"])
            complain(after, condition.value("type", "") + " has moved in time without a change");
        if (old["lastTransitionTime"] > condition["lastTransitionTime"]) complain(after, "has gone back in time");
    }
    // What was Ready by an older generation must not be called so by a new one unless that has been looked at; a look
    // takes note of the generation for all conditions at once, so that it is enough to compare these.
    const auto ready = condition_of(after, "Ready");
    const auto old_ready = condition_of(before, "Ready");
    if (is_true(ready) && old_ready.is_object() && ready["observedGeneration"] < old_ready["observedGeneration"])
        complain(after, "is Ready by a stale generation");
}

void StatusLife::complain(const json& object, const std::string& what) {
    complaints_.push_back(object["metadata"].value("name", "") + " " + what + ": " +
                          object.value("status", json::object()).dump());
}

}  // namespace lockkeeper::tests
