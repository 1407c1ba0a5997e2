#include "kube/event_series.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::kube {
namespace {

/// Makes room for one more by forgetting the one that was last heard of longest ago.
void make_room(auto& entries, auto last_heard) {
    if (entries.size() < EventSeries::most_remembered) return;
    entries.erase(std::min_element(entries.begin(), entries.end(), [&](const auto& left, const auto& right) {
        return last_heard(left.second) < last_heard(right.second);
    }));
}

}  // namespace

std::optional<StoredEvent> EventSeries::add(Event event, TimePoint now) {
    Key key{event.regarding, event.type, event.reason, event.action};
    const auto known = series_.find(key);
    if (known != series_.end() && now - known->second.last < quiet_ends_series) {
        auto& series = known->second;
        series.last = now;
        auto& repeats = series.stored.repeats;
        const bool is_second = !repeats;
        repeats = EventRepeats{is_second ? 2 : repeats->count + 1, now};
        if (!is_second || !is_allowed(event.regarding, now)) return std::nullopt;
        series.told = repeats->count;
        series.told_at = now;
        return series.stored;
    }
    if (!is_allowed(event.regarding, now)) return std::nullopt;
    if (known == series_.end()) make_room(series_, [](const Series& series) { return series.last; });
    const auto stored = stored_event(std::move(event), now);
    series_.insert_or_assign(std::move(key), Series{stored, now, now});
    return stored;
}

std::vector<StoredEvent> EventSeries::due(TimePoint now) {
    std::vector<StoredEvent> events;
    for (auto entry = series_.begin(); entry != series_.end();) {
        auto& series = entry->second;
        const bool has_ended = now - series.last >= quiet_ends_series;
        const bool is_told = !series.stored.repeats || series.stored.repeats->count == series.told;
        if (!is_told && (has_ended || now - series.told_at >= refresh)) {
            events.push_back(series.stored);
            series.told = series.stored.repeats->count;
            series.told_at = now;
        }
        entry = has_ended ? series_.erase(entry) : std::next(entry);
    }
    std::erase_if(allowances_, [&](const auto& entry) { return now - entry.second.at >= burst * one_more_after; });
    return events;
}

std::vector<StoredEvent> EventSeries::untold() const {
    std::vector<StoredEvent> events;
    for (const auto& [key, series] : series_) {
        if (series.stored.repeats && series.stored.repeats->count != series.told) events.push_back(series.stored);
    }
    return events;
}

bool EventSeries::is_allowed(const EventSubject& subject, TimePoint now) {
    auto known = allowances_.find(subject);
    if (known == allowances_.end()) {
        make_room(allowances_, [](const Allowance& allowance) { return allowance.at; });
        known = allowances_.emplace(subject, Allowance{static_cast<double>(burst), now}).first;
    }
    auto& [left, at] = known->second;
    const auto passed = std::chrono::duration<double>(now - at) / std::chrono::duration<double>(one_more_after);
    left = std::min(left + std::max(passed, 0.0), static_cast<double>(burst));
    at = now;
    if (left < 1) return false;
    --left;
    return true;
}

}  // namespace lockkeeper::kube
