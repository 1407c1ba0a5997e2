#pragma once

#include "kube/clock.hpp"

#include <chrono>
#include <optional>

namespace lockkeeper::kube {

/// Growing pauses between tries of one thing: `initial`, doubled each time, at most `cap`, and up to as much again at
/// random, so that clients of one server that has returned do not all come at once.
class Backoff {
  public:
    struct Limits {
        std::chrono::milliseconds initial;
        std::chrono::milliseconds cap;
        std::chrono::milliseconds reset_after;  ///< without a failure, it starts anew
    };

    Backoff(Limits limits, Random random);

    /// The pause after a failure at `now`: in [d, 2d).
    std::chrono::milliseconds next(TimePoint now);
    void reset();

  private:
    Limits limits_;
    Random random_;
    std::chrono::milliseconds current_;
    std::optional<TimePoint> last_;
};

}  // namespace lockkeeper::kube
