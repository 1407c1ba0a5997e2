#pragma once

#include "reconcile/next_status.hpp"

#include <string_view>

namespace lockkeeper::reconcile {

/// What a runner is doing, by the last lines of its log; that its pod starts, where it has said nothing yet.
RunProgress progress_in(std::string_view log);

}  // namespace lockkeeper::reconcile
