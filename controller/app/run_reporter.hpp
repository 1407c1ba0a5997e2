#pragma once

#include "app/log.hpp"
#include "app/status_mailbox.hpp"
#include "engine/migrator.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace lockkeeper::app {

/// Tells the status and the log what a run does. Never waits for either of them.
class RunReporter : public engine::RunListener {
  public:
    /// Both must outlive it. `migration` is its name, for the log.
    RunReporter(StatusMailbox& mailbox, const Log& log, std::string migration)
        : mailbox_(mailbox), log_(log), migration_(std::move(migration)) {}

    void waiting(const engine::LockWait& wait) override;
    void planned(const migration::Plan& plan) override;
    void started(const migration::Step& step) override;
    void at_statement(const migration::Step& step, std::size_t statement) override;
    void observed(const migration::Step& step, const engine::RunObservation& observation) override;
    void finished(const migration::Step& step, std::chrono::milliseconds duration) override;

    /// How long the run waited for the advisory lock; zero where it was free.
    std::chrono::steady_clock::duration lock_wait() const;

  private:
    void tell(StatusMailbox::Urgency urgency);

    StatusMailbox& mailbox_;
    const Log& log_;
    const std::string migration_;
    std::size_t planned_ = 0;
    std::size_t started_ = 0;
    std::optional<api::RunningScript> running_;
    std::optional<std::chrono::steady_clock::time_point> waiting_since_;
    std::optional<std::chrono::steady_clock::time_point> has_lock_since_;
};

}  // namespace lockkeeper::app
