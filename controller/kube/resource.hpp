#pragma once

#include "kube/namespaced_name.hpp"

#include <string>
#include <string_view>

namespace lockkeeper::kube {

/// A kind of object as the API server's paths name it: `{"", "v1", "configmaps"}`, `{"batch", "v1", "jobs"}`.
struct Resource {
    std::string group;  ///< empty for the core group
    std::string version;
    std::string plural;
};

/// All objects of a kind, in one namespace or, where `space` is empty, in all of them.
struct Collection {
    Resource resource;
    std::string space;

    /// `/api/v1/namespaces/shop/configmaps`
    std::string path() const;
};

/// One object.
struct ObjectRef {
    Resource resource;
    NamespacedName key;

    /// `/apis/batch/v1/namespaces/shop/jobs/migrate`
    std::string path() const;
};

/// Text as one part of a path or query (RFC 3986): all but unreserved characters become `%XX`.
std::string percent_encode(std::string_view text);

}  // namespace lockkeeper::kube
