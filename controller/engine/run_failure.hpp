#pragma once

#include "migration/failure.hpp"

#include <exception>

namespace lockkeeper::engine {

/// The one place where what the world did to a run becomes a Failure. Rethrows what is a defect of ours.
migration::Failure failure_of(const std::exception_ptr& error);

}  // namespace lockkeeper::engine
