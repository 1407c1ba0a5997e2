#include "app/migrate_command.hpp"

#include "app/report_exit.hpp"
#include "app/report_json.hpp"
#include "app/report_text.hpp"
#include "app/source_directory.hpp"
#include "engine/migrator.hpp"

#include <algorithm>
#include <ostream>

namespace lockkeeper::app {
namespace {

using migration::FailureKind;
using migration::RunReport;

migration::Goal goal_of(const MigrateOptions& options) {
    migration::Goal goal;
    goal.target = options.target;
    goal.baseline = options.baseline;
    goal.adopt = options.adopt;
    goal.policy = options.policy;
    goal.transaction = options.transaction;
    const bool plans_down =
        options.action == MigrateOptions::Action::Plan && options.planned == migration::Direction::Down;
    if (options.action == MigrateOptions::Action::Down || plans_down) {
        goal.rollback = migration::Rollback::Allow;
        if (!options.target) {
            goal.extent = options.all ? migration::Extent::RollBackAll : migration::Extent::RollBackNewest;
        }
    }
    return goal;
}

/// A line for each script, and while one runs on a terminal, its name. Each is put together first: standard error has
/// no buffer, so each piece would be a system call, between two scripts.
class Progress : public engine::RunListener {
  public:
    explicit Progress(const Streams& streams) : streams_(streams) {}

    void waiting(const engine::LockWait& wait) override {
        auto line = "waiting for the lock " + std::to_string(wait.key) + " for " +
                    std::to_string(wait.waited.count() / 1000) + " s";
        if (wait.holder) {
            line += ", held by pid " + std::to_string(wait.holder->pid) + " (" + wait.holder->application + ", " +
                    wait.holder->state + ")";
        }
        print(line + "\n");
    }
    void planned(const migration::Plan& plan) override {
        if (!plan.to_record.empty()) {
            print("taken for applied up to " + plan.to_record.back().version.text() +
                  (plan.adopted_from.empty() ? "" : ", as " + plan.adopted_from + " says") + ", without being run\n");
        }
        if (!first_ && !plan.steps.empty()) first_ = plan.steps.front().version.text();
    }
    void started(const migration::Step& step) override {
        if (streams_.terminal) print(name_of(step) + " …");
    }
    void observed(const migration::Step& step, const engine::RunObservation& seen) override {
        if (seen.blockers.empty()) return;
        print_over(step.version.text() + "  waits for " + engine::describe(seen.blockers));
    }
    void finished(const migration::Step& step, std::chrono::milliseconds duration) override {
        print_over(name_of(step) + "  " + std::to_string(duration.count()) + " ms");
    }

    /// The version that the first plan began with.
    const std::optional<std::string>& first() const { return first_; }

  private:
    static std::string name_of(const migration::Step& step) {
        return step.version.text() + "  " + std::string(to_string(step.direction));
    }
    /// A whole line, over what stands on the terminal's last one.
    void print_over(const std::string& line) { print((streams_.terminal ? "\r" : "") + line + "\n"); }
    void print(const std::string& text) { streams_.err << text << std::flush; }

    const Streams& streams_;
    std::optional<std::string> first_;
};

/// Worth another try within this command? The lock has had its own time limit already.
bool is_transient(const RunReport& report) {
    if (!report.failure) return false;
    const auto kind = report.failure->kind;
    return migration::retry_of(kind) == migration::Retry::Soon && kind != FailureKind::WaitingForLock &&
           kind != FailureKind::Interrupted;
}

void append(RunReport& whole, RunReport&& attempt) {
    attempt.ran.insert(attempt.ran.begin(), whole.ran.begin(), whole.ran.end());
    attempt.recorded_count += whole.recorded_count;
    whole = std::move(attempt);
}

RunReport migrate_with_retries(const MigrateOptions& options, engine::Migrator& migrator,
                               const migration::ScriptSet& scripts, const Streams& streams,
                               const std::stop_token& stop) {
    engine::SystemClock clock;
    Progress progress(streams);
    auto goal = goal_of(options);
    const auto give_up = clock.now() + options.retry_for;
    std::chrono::milliseconds pause{200};
    RunReport report;
    while (true) {
        append(report, migrator.migrate(scripts, goal, progress, stop));
        if (!is_transient(report) || clock.now() + pause >= give_up || stop.stop_requested()) return report;
        // The connection may have died behind the server's commit: the next attempt must not roll back one more.
        goal.newest = progress.first();
        if (report.failure) print_failure(streams.err, *report.failure);
        streams.err << "trying again in " << pause.count() << " ms" << std::endl;
        clock.sleep(pause, stop);
        pause = std::min(pause * 2, std::chrono::milliseconds(10'000));
    }
}

void print_json(const nlohmann::json& object, const Streams& streams) {
    streams.out << object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
}

void print_report(const MigrateOptions& options, const RunReport& report, const Streams& streams) {
    if (options.output == OutputFormat::Json) {
        print_json(to_json(report), streams);
        return;
    }
    for (const auto& warning : report.warnings) streams.err << "warning: " << warning << "\n";
    if (report.failure) print_failure(streams.err, *report.failure);
}

/// `status` and `plan`: looks, and changes nothing.
ExitCode show(const MigrateOptions& options, engine::Migrator& migrator, const migration::ScriptSet& scripts,
              const Streams& streams, const std::stop_token& stop) {
    const auto inspection = migrator.inspect(scripts, goal_of(options), stop);
    const bool is_plan = options.action == MigrateOptions::Action::Plan;
    if (options.output == OutputFormat::Json && is_plan) {
        print_json(to_json(inspection), streams);
    } else {
        print_report(options, inspection.report, streams);
    }
    if (options.output == OutputFormat::Text && inspection.report.database) {
        if (is_plan) {
            print_plan_table(streams.out, inspection.plan);
        } else {
            print_status_table(streams.out, inspection);
        }
        print_summary(streams.out, inspection.report);
    }
    return exit_code_of(inspection.report);
}

}  // namespace

ExitCode run_migrate(const MigrateOptions& options, const Streams& streams, const std::stop_token& stop) {
    using Action = MigrateOptions::Action;
    engine::SystemClock clock;
    engine::Migrator migrator(options.url,
                              {.history_table = options.history,
                               .lock_key = options.lock_key,
                               .also_hold = options.also_hold,
                               .acquire_timeout = options.acquire_timeout,
                               .session = options.session},
                              clock);
    RunReport report;
    try {
        migrator.connect_ahead(stop);  // it takes about as long as to read a thousand scripts
        const auto scripts = migration::ScriptSet::read(read_source_directory(options.source), options.layout);
        if (options.action == Action::Status || options.action == Action::Plan) {
            return show(options, migrator, scripts, streams, stop);
        }
        if (options.action == Action::Repair) {
            Progress progress(streams);
            report = migrator.repair(scripts, options.repairs, progress, stop);
        } else {
            report = migrate_with_retries(options, migrator, scripts, streams, stop);
        }
    } catch (const migration::InvalidSource& error) {
        report.failure = migration::failure_of(error);
    }
    print_report(options, report, streams);
    if (options.output == OutputFormat::Text && report.database) print_summary(streams.out, report);
    return exit_code_of(report);
}

}  // namespace lockkeeper::app
