#pragma once

#include "engine/advisory_lock.hpp"
#include "engine/clock.hpp"
#include "engine/history_table.hpp"
#include "engine/run_observer.hpp"
#include "engine/session_ahead.hpp"
#include "engine/session_settings.hpp"
#include "engine/spare_sessions.hpp"
#include "migration/plan.hpp"
#include "migration/repair.hpp"
#include "migration/run_report.hpp"
#include "migration/script_set.hpp"
#include "postgres/connection_url.hpp"

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

namespace lockkeeper::engine {

/// Is told what a run does while it does it. Called on the thread of the run.
class RunListener {
  public:
    virtual ~RunListener() = default;
    virtual void waiting(const LockWait& /*wait*/) {}
    virtual void planned(const migration::Plan& /*plan*/) {}
    virtual void started(const migration::Step& /*step*/) {}
    /// A script that is no transaction comes to its next statement, 1-based.
    virtual void at_statement(const migration::Step& /*step*/, std::size_t /*statement*/) {}
    /// The script takes long. Told again every two seconds or so while that lasts.
    virtual void observed(const migration::Step& /*step*/, const RunObservation& /*observation*/) {}
    virtual void finished(const migration::Step& /*step*/, std::chrono::milliseconds /*duration*/) {}
};

class ScriptRunner;

/// Brings one database to a goal, exactly once, whatever dies: one session takes the lock, reads the history, plans,
/// and runs the steps, each committed together with its history row. Whoever runs it again finds what is done done.
class Migrator {
  public:
    struct Options {
        postgres::QualifiedName history_table{"public", "lockkeeper_history"};
        /// Where the history was in an earlier run; a move to an empty table is refused, since it would run everything
        /// again.
        std::optional<std::string> known_history_table{};
        std::string subject = "cli";             ///< for application_name: `<namespace>/<name>`
        std::optional<std::int64_t> lock_key{};  ///< unset: LockKey::of the history table
        std::vector<std::int64_t> also_hold{};   ///< keys of other tools, held as long as ours
        std::chrono::milliseconds acquire_timeout{600'000};
        std::chrono::milliseconds connect_timeout{10'000};
        SessionSettings session{};
        /// How many scripts may be under way at once, at most. Unset: as many as the link is long (flight_limit).
        std::optional<std::size_t> scripts_in_flight{};
    };

    /// With `spares`, which outlive it, its sessions come from there, and go there.
    Migrator(postgres::ConnectionUrl url, Options options, Clock& clock, SpareSessions* spares = nullptr)
        : url_(std::move(url)), options_(std::move(options)), clock_(clock), spares_(spares) {}

    /// Begins to open the session that the next call will use, for a caller that has other things to do before. What
    /// goes wrong with it is that call's to tell.
    void connect_ahead(const std::stop_token& stop);

    /// Never throws for what the world does: every failure is in the report, with what the database says if it could
    /// still be asked. Makes one attempt; whether another is worth it is the caller's decision (migration::retry_of).
    migration::RunReport migrate(const migration::ScriptSet& scripts, const migration::Goal& goal,
                                 RunListener& listener, const std::stop_token& stop);

    /// What the database has and what migrate would do, read without the lock and without changing anything.
    struct Inspection {
        migration::History history;
        migration::Plan plan;
        migration::RunReport report;
    };
    Inspection inspect(const migration::ScriptSet& scripts, const migration::Goal& goal, const std::stop_token& stop);

    /// Changes the history as a person says, under the lock: all of it or, with a failure in the report, nothing.
    migration::RunReport repair(const migration::ScriptSet& scripts, const std::vector<migration::Repair>& repairs,
                                RunListener& listener, const std::stop_token& stop);

  private:
    struct Attempt;

    postgres::Connection::Options session_options(const std::stop_token& stop) const;
    postgres::Connection connect(const std::stop_token& stop) const;
    RunSession first_session(const std::stop_token& stop);
    /// What is to be asked first of a session: where it is stale, of a new one in its place.
    template <typename Ask>
    auto ask_first(RunSession& session, const std::stop_token& stop, const Ask& ask) const;
    /// Of SpareSessions; empty too after a run that may have stopped before it was done, or has failed.
    std::string farewell(const RunSession& session, const migration::RunReport& report,
                         const std::stop_token& stop) const;
    AdvisoryLock acquire(postgres::Connection& connection, const LockKey& key,
                         const AdvisoryLock::Patience& patience) const;
    migration::RunReport attempt(const migration::ScriptSet& scripts, const migration::Goal& goal,
                                 RunListener& listener, const std::stop_token& stop,
                                 const std::function<void(Attempt&, const LockKey&)>& work);
    void run_under_lock(Attempt& attempt, const LockKey& key);
    static void repair_under_lock(Attempt& attempt, const LockKey& key, const std::vector<migration::Repair>& repairs);
    void run_steps(Attempt& attempt, const LockKey& key);
    void run_in_order(Attempt& attempt, ScriptRunner& runner, const migration::Step*& running);
    void run_together(Attempt& attempt, ScriptRunner& runner, const migration::Step*& running);
    bool history_moved(const migration::History& history) const;

    postgres::ConnectionUrl url_;
    Options options_;
    Clock& clock_;
    SpareSessions* spares_;
    std::optional<SessionAhead> ahead_;
};

}  // namespace lockkeeper::engine
