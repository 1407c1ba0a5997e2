#include "kube/event_series.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::kube {
namespace {

/// Makes room for more by forgetting the quarter that was last heard of longest ago: a look at all of them for each
/// single one would cost more than all the rest.
void make_room(auto& entries, auto last_heard) {
    if (entries.size() < EventSeries::most_remembered) return;
    std::vector<EventSeries::TimePoint> times;
    times.reserve(entries.size());
    for (const auto& entry : entries) times.push_back(last_heard(entry.second));
    const auto quarter = times.begin() + EventSeries::most_remembered / 4;
    std::nth_element(times.begin(), quarter, times.end());
    std::erase_if(entries, [&](const auto& entry) { return last_heard(entry.second) < *quarter; });
    // All of one moment, perhaps.
    if (entries.size() == EventSeries::most_remembered) entries.erase(entries.begin());
}

std::string key_of(const Event& event) {
    return event.regarding.uid + (event.type == EventType::Normal ? "\nNormal\n" : "\nWarning\n") + event.reason +
           "\n" + event.action;
}

}  // namespace

std::optional<StoredEvent> EventSeries::add(Event event, TimePoint now) {
    auto key = key_of(event);
    const auto known = series_.find(key);
    if (known != series_.end() && now - known->second.last < quiet_ends_series) {
        auto& series = known->second;
        series.last = now;
        const bool is_second = ++series.count == 2;
        const bool is_allowed_now = is_second && is_allowed(event.regarding.uid, now);
        series.untold = std::make_unique<Event>(std::move(event));
        series.untold->note = series.note;
        if (!is_allowed_now) return std::nullopt;
        return tell(series, now);
    }
    if (!is_allowed(event.regarding.uid, now)) return std::nullopt;
    if (known == series_.end()) make_room(series_, [](const Series& series) { return series.last; });
    auto stored = stored_event(std::move(event), now);
    series_.insert_or_assign(std::move(key), Series{stored.name, stored.event.note, now, now, now, 1, nullptr});
    return stored;
}

std::vector<StoredEvent> EventSeries::due(TimePoint now) {
    std::vector<StoredEvent> events;
    for (auto entry = series_.begin(); entry != series_.end();) {
        auto& series = entry->second;
        const bool has_ended = now - series.last >= quiet_ends_series;
        if (series.untold && (has_ended || now - series.told_at >= refresh)) events.push_back(tell(series, now));
        entry = has_ended ? series_.erase(entry) : std::next(entry);
    }
    std::erase_if(allowances_, [&](const auto& entry) { return now - entry.second.at() >= burst * one_more_after; });
    return events;
}

std::vector<StoredEvent> EventSeries::untold() const {
    std::vector<StoredEvent> events;
    for (const auto& [key, series] : series_) {
        if (series.untold) events.push_back(newest_of(series));
    }
    return events;
}

StoredEvent EventSeries::newest_of(const Series& series) {
    return {series.name, *series.untold, series.first, EventRepeats{series.count, series.last}};
}

StoredEvent EventSeries::tell(Series& series, TimePoint now) {
    auto event = newest_of(series);
    series.untold.reset();
    series.told_at = now;
    return event;
}

bool EventSeries::is_allowed(const std::string& uid, TimePoint now) {
    auto known = allowances_.find(uid);
    if (known == allowances_.end()) {
        make_room(allowances_, [](const Allowance& allowance) { return allowance.at(); });
        known = allowances_.emplace(uid, Allowance({burst, one_more_after}, now)).first;
    }
    return known->second.take(now);
}

}  // namespace lockkeeper::kube
