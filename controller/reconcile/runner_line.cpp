#include "reconcile/runner_line.hpp"

#include "api/json_fields.hpp"
#include "api/one_line.hpp"
#include "reconcile/runner_report_json.hpp"

#include <algorithm>
#include <array>

namespace lockkeeper::reconcile {
namespace {

using api::Field;
using nlohmann::json;
using std::chrono::milliseconds;

/// Moves only where an older controller would read something wrong out of a newer runner's line.
constexpr std::int64_t format = 1;
/// No line of ours comes near it.
constexpr std::size_t longest_line = std::size_t{1} << 20U;

json to_json(const RunnerSession& session) {
    json object{{"pid", session.pid},
                {"application", session.application},
                {"client", session.client},
                {"state", session.state}};
    if (!session.query.empty()) object["query"] = session.query;
    if (session.since) object["since"] = api::to_string(*session.since);
    return object;
}

json to_json(const RunnerWaiting& waiting) {
    json object{{"type", "waiting"}, {"key", waiting.key}, {"waitedMs", waiting.waited.count()}};
    if (waiting.holder) object["holder"] = to_json(*waiting.holder);
    return object;
}

json to_json(const RunnerPlanned& planned) {
    return {{"type", "planned"}, {"steps", planned.steps}};
}

json to_json(const RunnerStarted& started) {
    return {{"type", "started"},
            {"version", started.version},
            {"number", started.number},
            {"steps", started.steps},
            {"at", api::to_string(started.at)}};
}

json to_json(const RunnerBlocked& blocked) {
    json by = json::array();
    for (const auto& session : blocked.by) by.push_back(to_json(session));
    return {{"type", "blocked"}, {"version", blocked.version}, {"by", std::move(by)}};
}

json to_json(const RunnerStatement& statement) {
    return {{"type", "statement"},
            {"version", statement.version},
            {"number", statement.number},
            {"statements", statement.statements}};
}

json to_json(const RunnerBuilding& building) {
    json object{{"type", "building"}, {"version", building.version}, {"phase", building.phase}};
    if (building.percent) object["percent"] = *building.percent;
    return object;
}

json to_json(const RunnerFinished& finished) {
    return {{"type", "finished"},
            {"version", finished.version},
            {"direction", migration::to_string(finished.direction)},
            {"durationMs", finished.duration.count()}};
}

json to_json(const RunnerResult& result) {
    return result_to_json(result);
}

json to_json(const RunnerRefusal& refusal) {
    return {{"type", "refused"}, {"reason", refusal.reason}, {"message", api::one_line(refusal.message)}};
}

std::string dump(const json& object) {
    return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

json with_format(json object) {
    object["format"] = format;
    return object;
}

RunnerSession session_of(const Field& field) {
    RunnerSession session{static_cast<int>(field["pid"].integer()), field["application"].text(), field["client"].text(),
                          field["state"].text()};
    // An older runner does not say these.
    if (field["query"].is_there()) session.query = field["query"].text();
    if (field["since"].is_there()) session.since = api::parse_timestamp(field["since"].text());
    return session;
}

RunnerStarted started_of(const Field& field) {
    const auto at = api::parse_timestamp(field["at"].text());
    if (!at) throw api::InvalidField(field["at"].path(), "a time is expected");
    return {field["version"].text(), count_of(field["number"]), count_of(field["steps"]), *at};
}

RunnerBlocked blocked_of(const Field& field) {
    RunnerBlocked blocked{field["version"].text(), {}};
    for (const auto& session : field["by"].items()) blocked.by.push_back(session_of(session));
    return blocked;
}

RunnerBuilding building_of(const Field& field) {
    RunnerBuilding building{field["version"].text(), field["phase"].text()};
    if (field["percent"].is_there()) building.percent = count_of(field["percent"]);
    return building;
}

RunnerWaiting waiting_of(const Field& field) {
    RunnerWaiting waiting{field["key"].integer(), milliseconds(field["waitedMs"].integer())};
    if (const auto holder = field["holder"]; holder.is_there()) waiting.holder = session_of(holder);
    return waiting;
}

RunnerLine line_of(const Field& field) {
    const auto& type = field["type"].text();
    if (type == "waiting") return waiting_of(field);
    if (type == "planned") return RunnerPlanned{count_of(field["steps"])};
    if (type == "started") return started_of(field);
    if (type == "blocked") return blocked_of(field);
    if (type == "statement") {
        return RunnerStatement{field["version"].text(), count_of(field["number"]), count_of(field["statements"])};
    }
    if (type == "building") return building_of(field);
    if (type == "finished") {
        return RunnerFinished{field["version"].text(), direction_of(field["direction"]),
                              milliseconds(field["durationMs"].integer())};
    }
    if (type == "result") return result_of(field);
    if (type == "refused") return RunnerRefusal{field["reason"].text(), field["message"].text()};
    throw api::InvalidField(field["type"].path(), "a line of a type that is not known");
}

/// How much of a result is kept, step by step less.
struct Measure {
    std::size_t list;  ///< items of each list
    std::size_t text;  ///< bytes of each text
};
constexpr std::array<Measure, 6> measures{{{20, 1024}, {10, 512}, {3, 384}, {1, 256}, {0, 256}, {0, 96}}};

/// Names that are compared, not only shown; none of them is long.
bool is_whole(const std::string& key) {
    return key == "historyTable" || key == "sourceDigest" || key == "currentVersion";
}

// NOLINTNEXTLINE(misc-no-recursion): results are three levels deep
void cut(json& value, const Measure& measure) {
    if (value.is_string()) {
        value = api::one_line(value.get_ref<const std::string&>(), measure.text);
    } else if (value.is_structured()) {
        if (value.is_array() && value.size() > measure.list) {
            value.erase(value.begin() + static_cast<std::ptrdiff_t>(measure.list), value.end());
        }
        for (auto& [key, item] : value.items()) {
            if (!is_whole(key)) cut(item, measure);
        }
    }
}

}  // namespace

std::string to_line(const RunnerLine& line) {
    return dump(with_format(std::visit([](const auto& what) { return to_json(what); }, line)));
}

std::optional<RunnerLine> parse_runner_line(std::string_view text) {
    if (text.size() > longest_line) return std::nullopt;
    const auto object = json::parse(text, nullptr, false);
    if (!object.is_object()) return std::nullopt;
    try {
        const Field field(&object, "");
        if (field["format"].integer() != format) return std::nullopt;
        return line_of(field);
    } catch (const api::InvalidField&) {
        return std::nullopt;
    }
}

std::string to_termination_message(const RunnerLine& last) {
    const auto whole = with_format(std::visit([](const auto& what) { return to_json(what); }, last));
    auto text = dump(whole);
    for (const auto& measure : measures) {
        if (text.size() <= longest_termination_message) break;
        auto less = whole;
        cut(less, measure);
        text = dump(less);
    }
    return text;
}

}  // namespace lockkeeper::reconcile
