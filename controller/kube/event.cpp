#include "kube/event.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>

namespace lockkeeper::kube {
namespace {

using std::chrono::microseconds;
using std::chrono::system_clock;

constexpr std::size_t longest_name = 253;
constexpr std::size_t longest_note = 1024;
constexpr std::size_t longest_word = 128;

/// metav1.MicroTime.
std::string to_text(system_clock::time_point time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<microseconds>(time - day));
    std::array<char, 48> text{};
    const int length =
        std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

/// Without half of a UTF-8 character at its end.
std::string cut(const std::string& text, std::size_t limit) {
    auto end = std::min(text.size(), limit);
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return text.substr(0, end);
}

}  // namespace

nlohmann::json StoredEvent::to_json(const EventReporter& reporter) const {
    const auto& regarding = event.regarding;
    nlohmann::json object{{"apiVersion", "events.k8s.io/v1"},
                          {"kind", "Event"},
                          {"metadata", {{"name", name}, {"namespace", regarding.key.space}}},
                          {"eventTime", to_text(time)},
                          {"reportingController", reporter.controller},
                          {"reportingInstance", cut(reporter.instance, longest_word)},
                          {"type", event.type == EventType::Normal ? "Normal" : "Warning"},
                          {"reason", cut(event.reason, longest_word)},
                          {"action", cut(event.action, longest_word)},
                          {"note", cut(event.note, longest_note)},
                          {"regarding",
                           {{"apiVersion", regarding.api_version},
                            {"kind", regarding.kind},
                            {"namespace", regarding.key.space},
                            {"name", regarding.key.name},
                            {"uid", regarding.uid}}}};
    if (repeats) object["series"] = {{"count", repeats->count}, {"lastObservedTime", to_text(repeats->last)}};
    return object;
}

StoredEvent stored_event(Event event, system_clock::time_point time) {
    std::array<char, 24> suffix{};
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
    const int length =
        std::snprintf(suffix.data(), suffix.size(), ".%llx", static_cast<unsigned long long>(nanoseconds));
    const std::string end(suffix.data(), static_cast<std::size_t>(length));
    auto name = event.regarding.key.name.substr(0, longest_name - end.size()) + end;
    return {std::move(name), std::move(event), time};
}

}  // namespace lockkeeper::kube
