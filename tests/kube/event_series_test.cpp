#include "kube/event_series.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace lockkeeper::kube;
using namespace std::chrono_literals;

namespace {

EventSeries::TimePoint noon() {
    using namespace std::chrono;
    return sys_days(year(2026) / March / 1) + 12h;
}

Event event(const std::string& reason, const std::string& name = "shop") {
    return {{"lockkeeper.dev/v1alpha1", "Migration", {"ns", name}, "uid-of-" + name},
            EventType::Warning,
            reason,
            "Migrate",
            "a note"};
}

std::size_t count_of(const std::optional<StoredEvent>& stored) {
    return stored && stored->repeats ? stored->repeats->count : stored ? 1 : 0;
}

}  // namespace

TEST_CASE("an event is stored as events.k8s.io wants it") {
    auto happened = event("ScriptFailed");
    happened.note = std::string(1023, 'x') + "ü";
    const auto object = stored_event(happened, noon() + 1234567us).to_json({"lockkeeper.dev/controller", "pod-1"});
    CHECK(object["metadata"]["name"] == "shop.1898b5d9fd6c7f58");
    CHECK(object["metadata"]["namespace"] == "ns");
    CHECK(object["eventTime"] == "2026-03-01T12:00:01.234567Z");
    CHECK(object["type"] == "Warning");
    CHECK(object["note"] == std::string(1023, 'x'));
    CHECK(object["regarding"]["uid"] == "uid-of-shop");
    CHECK_FALSE(object.contains("series"));
}

TEST_CASE("the same event again is a series of the first one, told at the second and then every 30 minutes") {
    EventSeries series;
    const auto first = series.add(event("ScriptFailed"), noon());
    REQUIRE(count_of(first) == 1);
    auto again = event("ScriptFailed");
    again.note = "another note";  // of an event that is stored only its series may change
    const auto second = series.add(again, noon() + 5min);
    REQUIRE(count_of(second) == 2);
    CHECK(second->name == first->name);
    CHECK(second->event.note == first->event.note);
    CHECK(second->to_json({})["series"]["lastObservedTime"] == "2026-03-01T12:05:00.000000Z");
    auto now = noon() + 5min;
    for (int minute = 6; minute < 35; ++minute) {
        now = noon() + std::chrono::minutes(minute);
        REQUIRE_FALSE(series.add(event("ScriptFailed"), now));
        REQUIRE(series.due(now).empty());
    }
    now = noon() + 35min;
    const auto refreshed = series.due(now);
    REQUIRE(refreshed.size() == 1);
    CHECK(count_of(refreshed.front()) == 31);
    CHECK(series.due(now).empty());
}

TEST_CASE("a series that is quiet for six minutes ends, with its last count") {
    EventSeries series;
    const auto first = series.add(event("ScriptFailed"), noon());
    series.add(event("ScriptFailed"), noon() + 1min);
    series.add(event("ScriptFailed"), noon() + 2min);
    CHECK(series.untold().size() == 1);
    CHECK(series.due(noon() + 7min).empty());
    const auto ended = series.due(noon() + 8min);
    REQUIRE(ended.size() == 1);
    CHECK(count_of(ended.front()) == 3);
    CHECK(series.untold().empty());
    const auto next = series.add(event("ScriptFailed"), noon() + 8min);
    CHECK(count_of(next) == 1);
    CHECK(next->name != first->name);
}

TEST_CASE("a quiet series ends even if nobody looked in between") {
    EventSeries series;
    const auto first = series.add(event("ScriptFailed"), noon());
    const auto next = series.add(event("ScriptFailed"), noon() + 6min);
    REQUIRE(next);
    CHECK(next->name != first->name);
    CHECK_FALSE(next->repeats);
}

TEST_CASE("events that differ in subject, type or reason are none of one series") {
    EventSeries series;
    auto normal = event("ScriptFailed");
    normal.type = EventType::Normal;
    for (const auto& other : {event("ScriptFailed"), event("OutOfOrder"), event("ScriptFailed", "other"), normal}) {
        CHECK(count_of(series.add(other, noon())) == 1);
    }
}

TEST_CASE("of one subject 25 events are told in a row, then one in five minutes, and others are not held up") {
    EventSeries series;
    std::size_t told = 0;
    for (int i = 0; i < 100; ++i) told += count_of(series.add(event("Reason" + std::to_string(i)), noon()));
    CHECK(told == 25);
    CHECK(count_of(series.add(event("Reason", "other"), noon())) == 1);
    CHECK_FALSE(series.add(event("Late"), noon() + 4min));
    CHECK(count_of(series.add(event("Later"), noon() + 5min)) == 1);
    CHECK_FALSE(series.add(event("Latest"), noon() + 5min));
}

TEST_CASE("a clock that is set back neither ends nor floods a series") {
    EventSeries series;
    series.add(event("ScriptFailed"), noon());
    CHECK(count_of(series.add(event("ScriptFailed"), noon() - 1h)) == 2);
    CHECK(series.due(noon() - 1h).empty());
}

TEST_CASE("what was not heard of for longest is forgotten first") {
    EventSeries series;
    const auto first = series.add(event("ScriptFailed", "first"), noon());
    for (std::size_t i = 0; i < EventSeries::most_remembered; ++i)
        series.add(event("ScriptFailed", std::to_string(i)), noon() + 1s);
    CHECK(count_of(series.add(event("ScriptFailed", "first"), noon() + 2s)) == 1);
    CHECK(count_of(series.add(event("ScriptFailed", "4095"), noon() + 2s)) == 2);
}

TEST_CASE("what was heard of last stays remembered when there is room to be made") {
    EventSeries series;
    std::size_t number = 0;
    for (; number <= EventSeries::most_remembered; ++number)
        series.add(event("ScriptFailed", std::to_string(number)), noon() + number * 1ms);
    const auto oldest = number - EventSeries::most_remembered * 3 / 4;
    CHECK(count_of(series.add(event("ScriptFailed", std::to_string(oldest)), noon() + 5s)) == 2);
    CHECK(count_of(series.add(event("ScriptFailed", "0"), noon() + 5s)) == 1);
}
