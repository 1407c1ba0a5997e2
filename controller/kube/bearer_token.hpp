#pragma once

#include "kube/client_config.hpp"
#include "kube/clock.hpp"

#include <chrono>
#include <mutex>

namespace lockkeeper::kube {

/// The token to send, as it is now. A pod's token is replaced in its file long before it expires, so the file is read
/// again after 60 s at the latest, as client-go does. Safe from any thread.
class BearerToken {
  public:
    static constexpr std::chrono::seconds lifetime{60};

    BearerToken(const ClientConfig& config, Clock& clock);

    /// Empty where there is none. A file that cannot be read leaves the token as it was; throws UnreadableFile only
    /// where none has ever been read.
    SecretText current();

    /// Reads the file now. True if that gave another token: the refused request is worth one more try.
    bool refresh();

  private:
    void read(TimePoint now);

    const std::filesystem::path file_;
    Clock& clock_;
    std::mutex mutex_;
    SecretText token_;
    TimePoint read_at_{};
};

}  // namespace lockkeeper::kube
