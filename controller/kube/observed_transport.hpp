#pragma once

#include "kube/observers.hpp"
#include "kube/transport.hpp"

#include <memory>

namespace lockkeeper::kube {

/// The same transport, whose requests the observer is told of; without one, the transport itself.
std::unique_ptr<Transport> observed(std::unique_ptr<Transport> transport, RequestObserver* observer);

}  // namespace lockkeeper::kube
