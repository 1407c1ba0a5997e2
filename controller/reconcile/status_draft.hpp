#pragma once

#include "api/migration_status.hpp"
#include "reconcile/observed_state.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace lockkeeper::reconcile {

/// A status in the making. Its methods are the only places that set conditions, each a complete verdict, so that no two
/// of them can contradict each other:
///
///              Ready                 Reconciling    Stalled    next retry
///   up_to_date True/UpToDate         -              -          -
///   running    Unknown/Progressing   True/<reason>  -          -
///   converging False/<reason>        True/<reason>  -          may be set afterwards
///   stalled    False/<reason>        -              True/…     -
///   suspended  False/Suspended       -              -          -
class StatusDraft {
  public:
    /// Starts from the status that is there, takes note of the generation and the digest of the source, and drops what
    /// is true only while a run is under way.
    StatusDraft(const ObservedState& observed, std::chrono::system_clock::time_point now);
    /// Starts from a status that has all that.
    StatusDraft(api::MigrationStatus status, std::chrono::system_clock::time_point now);

    api::MigrationStatus& status() { return status_; }

    void up_to_date(const std::string& message);
    void running(std::string_view reason, const std::string& message);
    void converging(std::string_view reason, const std::string& message);
    void stalled(std::string_view reason, const std::string& message);
    void suspended(const std::string& message);
    /// Leaves Ready as it is, without Reconciling and Stalled.
    void keep_ready();

  private:
    void set(std::string_view type, api::ConditionStatus status, std::string_view reason, const std::string& message);

    api::MigrationStatus status_;
    std::int64_t generation_;
    api::Timestamp now_;
};

}  // namespace lockkeeper::reconcile
