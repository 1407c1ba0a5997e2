#include "engine/migrator.hpp"

#include "engine/foreign_table_reader.hpp"
#include "engine/link_watch.hpp"
#include "engine/run_failure.hpp"
#include "engine/script_flight.hpp"
#include "engine/script_runner.hpp"
#include "migration/session_effect.hpp"

#include <algorithm>
#include <span>
#include <string_view>

namespace lockkeeper::engine {
namespace {

using migration::Failure;
using migration::FailureKind;
using migration::RunReport;

HistoryTable::DownScripts needed_down_scripts(const migration::Goal& goal) {
    return goal.rollback == migration::Rollback::Allow ? HistoryTable::DownScripts::Load
                                                       : HistoryTable::DownScripts::Leave;
}

/// What the goal wants adopted; it is looked for only where the history is empty.
migration::Foreign find_foreign(postgres::Connection& connection, const migration::History& history,
                                const migration::Goal& goal) {
    if (!goal.adopt || goal.extent != migration::Extent::ToGoal || !history.empty()) return {};
    return read_foreign_history(connection, *goal.adopt);
}

Failure moved(const std::string& from, const std::string& to) {
    Failure failure;
    failure.kind = FailureKind::HistoryMoved;
    failure.message =
        "the history was in " + from + ", and " + to +
        " is empty, so everything would run again; name the old table, or rename it in the database first";
    return failure;
}

std::chrono::milliseconds since(std::chrono::steady_clock::time_point begin, Clock& clock) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock.now() - begin);
}

/// To read and split scripts of many megabytes can take a slow machine longer than the guards let a session be idle.
class TimeToPlan {
  public:
    TimeToPlan(postgres::Connection& connection, const migration::ScriptSet& scripts) : connection_(connection) {
        std::size_t bytes = 0;
        for (const auto& script : scripts.scripts()) bytes += script.up.text.size();
        is_needed_ = bytes >= large_script_bytes;
        if (is_needed_) connection_.query(unhurried_session(connection_));
    }
    void end() {
        if (is_needed_) connection_.query(session_guards(connection_));
    }

  private:
    postgres::Connection& connection_;
    bool is_needed_ = false;
};

/// A parameter of the user's own is empty afterwards, and no longer unset.
bool leave_session_alone(const std::vector<migration::Step>& steps, const SessionSettings& settings) {
    const auto is_own = [](const auto& parameter) { return parameter.first.find('.') != std::string::npos; };
    return std::ranges::none_of(settings.parameters, is_own) &&
           std::ranges::all_of(steps, [](const migration::Step& step) {
               return std::ranges::all_of(step.text.statements, [&](const migration::Statement& statement) {
                   const std::string_view text = step.script.text;
                   return migration::leaves_session_alone(
                       text.substr(statement.begin, statement.end - statement.begin));
               });
           });
}

/// Before lock_timeout ends the wait, but not for scripts that just take their time.
std::chrono::milliseconds time_to_look(std::chrono::milliseconds lock_timeout) {
    constexpr std::chrono::milliseconds longest{2'000};
    return lock_timeout.count() == 0 ? longest : std::min(longest, std::max(lock_timeout * 6 / 10, longest / 100));
}

/// The history, read together with the farewell to a session that another run may have.
struct LastLook {
    migration::History history;
    bool session_is_as_new = false;
};

/// `farewell`: of SpareSessions. Where the server refuses it, the session is for no other run.
LastLook look_last(RunSession& session, const HistoryTable& table, HistoryTable::DownScripts down_scripts,
                   const std::string& farewell) {
    auto& connection = session.connection;
    if (!farewell.empty()) {
        try {
            auto history = table.read(connection, down_scripts, farewell);
            const bool is_as_new = history && connection.is_idle();
            return {std::move(history).value_or(migration::History{}), is_as_new};
        } catch (const postgres::CommandError&) {  // of the farewell perhaps; see below
            session.defaults.reset();
        } catch (const HistoryUnusable&) {
            session.defaults.reset();
        }
    }
    return {table.read(connection, down_scripts).value_or(migration::History{})};
}

}  // namespace

/// One call of migrate: what it was given, and what it has found out so far.
struct Migrator::Attempt {
    const migration::ScriptSet& scripts;
    const migration::Goal& goal;
    RunListener& listener;
    const std::stop_token& stop;
    HistoryTable table;
    const Migrator& migrator;
    RunSession session;
    postgres::Connection& connection = session.connection;
    migration::Plan plan{};
    RunReport report{};
    /// It has been reset, its locks are released, and another run may have it.
    bool session_is_as_new = false;

    /// A script and its row are committed.
    void note(const migration::Step& step, std::chrono::milliseconds duration) {
        report.ran.push_back({step.version.text(), step.direction, duration});
        listener.finished(step, duration);
    }

    /// Reads the history again and holds it against the source. The last that is asked of the session.
    void look() {
        const auto farewell = migrator.farewell(session, report, stop);
        auto [history, is_as_new] = look_last(session, table, needed_down_scripts(goal), farewell);
        session_is_as_new = is_as_new;
        plan = migration::make_plan(scripts, history, goal);
        report.database = migration::describe(table.name().text(), history, plan);
    }
};

postgres::Connection::Options Migrator::session_options(const std::stop_token& stop) const {
    return {application_name(options_.subject), options_.connect_timeout, stop};
}

postgres::Connection Migrator::connect(const std::stop_token& stop) const {
    return postgres::Connection::open(url_, session_options(stop));
}

void Migrator::connect_ahead(const std::stop_token& stop) {
    ahead_.emplace([this](const std::stop_token& given_up) { return connect(given_up); }, stop);
}

RunSession Migrator::first_session(const std::stop_token& stop) {
    if (ahead_ && !ahead_->taken()) return {ahead_->take()};
    return spares_ != nullptr ? spares_->take(url_, session_options(stop)) : RunSession{connect(stop)};
}

template <typename Ask>
auto Migrator::ask_first(RunSession& session, const std::stop_token& stop, const Ask& ask) const {
    try {
        return ask();
    } catch (const postgres::StaleSession&) {
        spares_->replace(session, url_, session_options(stop));
        return ask();
    }
}

std::string Migrator::farewell(const RunSession& session, const RunReport& report, const std::stop_token& stop) const {
    const bool is_for_others = spares_ != nullptr && !report.failure && !stop.stop_requested();
    return is_for_others ? spares_->farewell(session) : "";
}

bool Migrator::history_moved(const migration::History& history) const {
    return options_.known_history_table && *options_.known_history_table != options_.history_table.text() &&
           history.empty();
}

RunReport Migrator::attempt(const migration::ScriptSet& scripts, const migration::Goal& goal, RunListener& listener,
                            const std::stop_token& stop, const std::function<void(Attempt&, const LockKey&)>& work) {
    RunReport failed;
    try {
        check_settings(options_.session);
        Attempt attempt{
            scripts, goal, listener, stop, HistoryTable(options_.history_table), *this, first_session(stop)};
        auto& is_as_new = attempt.session_is_as_new;
        try {
            auto key = LockKey::of(options_.history_table);
            if (options_.lock_key) key.value = *options_.lock_key;
            key.also_hold = options_.also_hold;
            const AdvisoryLock::Patience patience{options_.acquire_timeout, clock_, stop,
                                                  [&](const LockWait& wait) { listener.waiting(wait); }};
            auto lock = ask_first(attempt.session, stop, [&] { return acquire(attempt.connection, key, patience); });
            const LinkWatch link(attempt.connection, url_, key, lock.server_start(), stop);
            work(attempt, key);
            is_as_new = is_as_new ||
                        SpareSessions::make_as_new(attempt.connection, farewell(attempt.session, attempt.report, stop));
            if (is_as_new) lock.has_been_released();
        } catch (...) {
            is_as_new = false;
            attempt.report.failure = failure_of(std::current_exception());
        }
        if (is_as_new) spares_->give_back(url_, std::move(attempt.session));
        return std::move(attempt.report);
    } catch (...) {
        failed.failure = failure_of(std::current_exception());
    }
    return failed;
}

AdvisoryLock Migrator::acquire(postgres::Connection& connection, const LockKey& key,
                               const AdvisoryLock::Patience& patience) const {
    // A server in good order answers an attempt at once, so beyond that the link is silent.
    connection.answer_until(std::chrono::steady_clock::now() + options_.acquire_timeout + options_.connect_timeout);
    auto lock = AdvisoryLock::acquire(connection, key, patience,
                                      [this](const std::stop_token& given) { return connect(given); });
    connection.answer_until(std::nullopt);
    return lock;
}

RunReport Migrator::migrate(const migration::ScriptSet& scripts, const migration::Goal& goal, RunListener& listener,
                            const std::stop_token& stop) {
    return attempt(scripts, goal, listener, stop, [&](Attempt& run, const LockKey& key) { run_under_lock(run, key); });
}

RunReport Migrator::repair(const migration::ScriptSet& scripts, const std::vector<migration::Repair>& repairs,
                           RunListener& listener, const std::stop_token& stop) {
    return attempt(scripts, {}, listener, stop,
                   [&](Attempt& run, const LockKey& key) { repair_under_lock(run, key, repairs); });
}

void Migrator::repair_under_lock(Attempt& attempt, const LockKey& key, const std::vector<migration::Repair>& repairs) {
    const auto history = attempt.table.read(attempt.connection, HistoryTable::DownScripts::Load);
    const auto repair = migration::plan_repair(attempt.scripts, history.value_or(migration::History{}), repairs);
    attempt.report.failure = repair.refusal;
    if (!repair.refusal && !repair.changes.empty()) {
        std::string message = "BEGIN;";
        for (const auto& change : repair.changes) message += attempt.table.change_sql(change, key) + ";";
        attempt.connection.query(message + "COMMIT");
    }
    attempt.look();
}

void Migrator::run_under_lock(Attempt& attempt, const LockKey& key) {
    auto found = attempt.table.read(attempt.connection, needed_down_scripts(attempt.goal));
    const bool table_exists = found.has_value();
    const auto history = std::move(found).value_or(migration::History{});
    TimeToPlan time(attempt.connection, attempt.scripts);
    attempt.plan = migration::make_plan(attempt.scripts, history, attempt.goal,
                                        find_foreign(attempt.connection, history, attempt.goal));
    attempt.report.database = migration::describe(options_.history_table.text(), history, attempt.plan);
    attempt.report.warnings = attempt.plan.warnings;
    time.end();
    if (history_moved(history)) {
        attempt.report.failure = moved(*options_.known_history_table, options_.history_table.text());
        return;
    }
    if (attempt.plan.refusal) {
        attempt.report.failure = attempt.plan.refusal;
        return;
    }
    attempt.listener.planned(attempt.plan);
    if (attempt.plan.steps.empty() && attempt.plan.to_record.empty()) return;
    if (!table_exists) attempt.table.create(attempt.connection);
    if (!attempt.plan.to_record.empty()) {
        const auto source =
            attempt.plan.adopted_from.empty() ? attempt.scripts.digest() : "adopted from " + attempt.plan.adopted_from;
        const auto rows = attempt.table.record_sql(attempt.plan.to_record, source, key);
        attempt.connection.query("BEGIN;" + rows + ";COMMIT");
        attempt.report.recorded_count = attempt.plan.to_record.size();
    }
    run_steps(attempt, key);
}

void Migrator::run_steps(Attempt& attempt, const LockKey& key) {
    auto& defaults = attempt.session.defaults;
    if (defaults && !leave_session_alone(attempt.plan.steps, options_.session)) defaults.reset();
    try_settings(attempt.connection, options_.session);
    const migration::Step* running = nullptr;
    ScriptRunner runner(attempt.connection,
                        {attempt.table, key, options_.session, attempt.scripts.digest(),
                         [&](std::size_t statement) { attempt.listener.at_statement(*running, statement); }});
    const RunObserver observer(attempt.connection, url_, time_to_look(options_.session.lock_timeout),
                               [&](const auto& seen) { attempt.listener.observed(*running, seen); });
    try {
        if (attempt.goal.transaction == migration::TransactionScope::Run) {
            run_together(attempt, runner, running);
        } else {
            run_in_order(attempt, runner, running);
        }
    } catch (const ScriptFailed& failed) {
        attempt.report.failure = failed.failure();
        if (failed.failure().kind == FailureKind::WaitingForTableLock && !observer.blockers().empty()) {
            attempt.report.failure->message += "; it waited for " + describe(observer.blockers());
        }
    }
    attempt.look();
}

void Migrator::run_in_order(Attempt& attempt, ScriptRunner& runner, const migration::Step*& running) {
    const auto limit = options_.scripts_in_flight.value_or(flight_limit(attempt.connection.shortest_exchange()));
    std::span<const migration::Step> rest(attempt.plan.steps);
    auto begin = clock_.now();
    const auto start = [&] {
        if (rest.empty()) return;
        running = &rest.front();
        begin = clock_.now();
        attempt.listener.started(rest.front());
    };
    const auto committed = [&](const migration::Step& step) {
        attempt.note(step, since(begin, clock_));
        rest = rest.subspan(1);
        start();
    };
    start();
    bool alone = false;
    while (!rest.empty()) {
        const auto flight = rest.first(alone ? 1 : flight_size(rest, limit));
        if (flight.size() > 1) {
            alone = !runner.run_in_flight(flight, committed);
        } else {
            runner.run(rest.front());
            alone = false;
            committed(rest.front());
        }
    }
}

void Migrator::run_together(Attempt& attempt, ScriptRunner& runner, const migration::Step*& running) {
    std::vector<std::chrono::steady_clock::time_point> begins;
    runner.run_together(attempt.plan.steps, [&](const migration::Step& step) {
        running = &step;
        begins.push_back(clock_.now());
        attempt.listener.started(step);
    });
    // Told only now, since nothing has been done before all is.
    begins.push_back(clock_.now());
    for (std::size_t i = 0; i < attempt.plan.steps.size(); ++i) {
        attempt.note(attempt.plan.steps[i],
                     std::chrono::duration_cast<std::chrono::milliseconds>(begins[i + 1] - begins[i]));
    }
}

Migrator::Inspection Migrator::inspect(const migration::ScriptSet& scripts, const migration::Goal& goal,
                                       const std::stop_token& stop) {
    Inspection inspection;
    auto& [history, plan, report] = inspection;
    try {
        auto session = first_session(stop);
        auto& connection = session.connection;
        auto look = ask_first(session, stop, [&] {
            // Who adopts may have other tables to read behind it.
            return look_last(session, HistoryTable(options_.history_table), needed_down_scripts(goal),
                             goal.adopt ? "" : farewell(session, report, stop));
        });
        history = std::move(look.history);
        plan = migration::make_plan(scripts, history, goal, find_foreign(connection, history, goal));
        report.database = migration::describe(options_.history_table.text(), history, plan);
        report.warnings = plan.warnings;
        report.failure = plan.refusal;
        const bool is_as_new =
            look.session_is_as_new || SpareSessions::make_as_new(connection, farewell(session, report, stop));
        if (is_as_new && !report.failure) spares_->give_back(url_, std::move(session));
    } catch (...) {
        report.failure = failure_of(std::current_exception());
    }
    return inspection;
}

}  // namespace lockkeeper::engine
