#pragma once

#include "reconcile/observed_state.hpp"

#include <string>

namespace lockkeeper::reconcile {

/// `sha256:…` of all that a run depends on: database, source and what it does there. While it is that of the last run
/// and that run reached its goal, another one would find nothing to do. Where the source is not looked at (an image),
/// what names it stands for it. Neither what executes the run, nor when, is part of it.
std::string inputs_fingerprint(const ObservedState& observed);

}  // namespace lockkeeper::reconcile
