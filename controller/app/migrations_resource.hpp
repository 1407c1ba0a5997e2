#pragma once

#include "kube/resource.hpp"

namespace lockkeeper::app {

/// The `migrations` of the API server.
const kube::Resource& migrations_resource();

}  // namespace lockkeeper::app
