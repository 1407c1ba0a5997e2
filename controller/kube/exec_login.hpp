#pragma once

#include "kube/exec_credential.hpp"

#include <mutex>
#include <optional>

namespace lockkeeper::kube {

/// The login by a program. Its answer is kept until it expires or the server refuses it. A program that failed is not
/// started again for five seconds, and neither is one whose answer was refused or had expired at once, however many
/// requests there are.
class ExecLogin : public Login {
  public:
    static constexpr std::chrono::seconds shortest_pause{5};

    /// Throws InvalidClientConfig.
    ExecLogin(const ClientConfig& config, Clock& clock);

    Credential current(const std::stop_token& stop) override;
    bool renew(const Credential& refused, const std::stop_token& stop) override;

  private:
    void run(const std::stop_token& stop);
    ExecCredential ask(const std::stop_token& stop) const;

    const ExecPlugin plugin_;
    const std::string info_;
    Clock& clock_;
    std::mutex mutex_;
    std::optional<Credential> credential_;
    std::optional<TimePoint> expires_;
    TimePoint ran_{};
    std::string failure_;  ///< of the last run; empty where it went well
};

}  // namespace lockkeeper::kube
