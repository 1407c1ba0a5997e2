#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace lockkeeper::kube {

/// One line of a watch.
struct WatchEvent {
    enum class Type {
        Added,
        Modified,
        Deleted,
        Bookmark,  ///< nothing has changed, but `resource_version` has been reached
        Error,     ///< `object` is a Status, and the watch is over
    };
    Type type;
    nlohmann::json object;
    std::string resource_version;  ///< of the object; where to go on from
};

/// Throws TransportError `Garbled`, which quotes nothing of the line.
WatchEvent decode_watch_event(std::string line);

}  // namespace lockkeeper::kube
