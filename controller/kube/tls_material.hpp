#pragma once

#include "kube/client_config.hpp"
#include "kube/clock.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace lockkeeper::kube {

/// What a TLS client needs, read and in memory.
struct TlsMaterial {
    std::string authorities;  ///< PEM; empty: the system's
    std::string certificate;  ///< PEM, with its chain; empty: none
    SecretText key;

    /// Reads what is in files. Throws InvalidClientConfig.
    static TlsMaterial read(const ClientConfig& config);
};

/// The certificates as they are now. Connections are made on the network's thread, where no file should be read; so
/// whoever sends a request looks after the files, and a connection takes what was read last. Safe from any thread.
class FreshTlsMaterial {
  public:
    static constexpr std::chrono::seconds lifetime{60};

    /// Throws InvalidClientConfig.
    explicit FreshTlsMaterial(ClientConfig config);

    std::shared_ptr<const TlsMaterial> current() const;

    /// Reads the files again if their time has come. What cannot be read stays as it was: it is just being replaced.
    void refresh();

  private:
    const ClientConfig config_;
    mutable std::mutex mutex_;
    std::shared_ptr<const TlsMaterial> material_;
    TimePoint read_at_;
};

}  // namespace lockkeeper::kube
