#pragma once

#include "kube/namespaced_name.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace lockkeeper::kube {

/// The object that an event is about.
struct EventSubject {
    std::string api_version;  ///< `lockkeeper.dev/v1alpha1`
    std::string kind;
    NamespacedName key;
    std::string uid;

    friend auto operator<=>(const EventSubject&, const EventSubject&) = default;
};

enum class EventType { Normal, Warning };

/// Something that happened to an object, for `kubectl describe` and `kubectl events`.
struct Event {
    EventSubject regarding;
    EventType type = EventType::Normal;
    std::string reason;  ///< CamelCase, for programs
    std::string action;  ///< CamelCase, what the controller was about
    std::string note;    ///< one line for a person; what is beyond 1,024 bytes is cut off
};

/// Who says it.
struct EventReporter {
    std::string controller;  ///< qualified: `lockkeeper.dev/controller`
    std::string instance;    ///< which of several: the pod's name
};

/// How often the same was seen again, and when last.
struct EventRepeats {
    std::size_t count = 0;
    std::chrono::system_clock::time_point last;
};

/// An event of events.k8s.io/v1 as the API server stores it.
struct StoredEvent {
    std::string name;  ///< `<object>.<nanoseconds since 1970, hexadecimal>`, as client-go names them
    Event event;
    std::chrono::system_clock::time_point time;
    std::optional<EventRepeats> repeats{};

    nlohmann::json to_json(const EventReporter& reporter) const;
};

/// With a name that no other event of the object has.
StoredEvent stored_event(Event event, std::chrono::system_clock::time_point time);

}  // namespace lockkeeper::kube
