#include "app/run_command.hpp"

#include "api/reasons.hpp"
#include "app/report_exit.hpp"
#include "app/run_options.hpp"
#include "app/source_directory.hpp"
#include "engine/migrator.hpp"
#include "engine/run_failure.hpp"
#include "reconcile/run_description.hpp"
#include "reconcile/run_goal.hpp"
#include "reconcile/runner_line.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <ostream>

namespace lockkeeper::app {
namespace {

using namespace reconcile;
using migration::InvalidSource;

/// What makes a run come to nothing before it begins. The reason is that of a condition.
class Refused : public std::runtime_error {
  public:
    Refused(std::string_view reason, const std::string& message) : std::runtime_error(message), reason_(reason) {}
    const std::string& reason() const { return reason_; }

  private:
    std::string reason_;
};

/// A line as soon as something happens: whoever reads the log reads it while it grows.
class Lines : public engine::RunListener {
  public:
    explicit Lines(std::ostream& out) : out_(out) {}

    void say(const RunnerLine& line) { out_ << to_line(line) << std::endl; }

    void waiting(const engine::LockWait& wait) override {
        RunnerWaiting waiting{wait.key, wait.waited};
        if (wait.holder) {
            const auto& holder = *wait.holder;
            waiting.holder = {holder.pid,   holder.application, holder.client,
                              holder.state, holder.statement,   holder.since};
        }
        say(waiting);
    }
    void planned(const migration::Plan& plan) override {
        steps_ = plan.steps.size();
        say(RunnerPlanned{steps_});
    }
    void started(const migration::Step& step) override {
        const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        was_blocked_ = false;
        say(RunnerStarted{step.version.text(), ++started_, steps_, now});
    }
    void at_statement(const migration::Step& step, std::size_t statement) override {
        say(RunnerStatement{step.version.text(), statement, step.text.statements.size()});
    }
    void observed(const migration::Step& step, const engine::RunObservation& seen) override {
        if (const auto& build = seen.index_build) {
            RunnerBuilding building{step.version.text(), build->phase};
            if (build->percent) building.percent = static_cast<std::size_t>(*build->percent);
            say(building);
        }
        // That it waits no longer is told as well, but not again and again.
        if (seen.blockers.empty() && !was_blocked_) return;
        was_blocked_ = !seen.blockers.empty();
        RunnerBlocked blocked{step.version.text(), {}};
        for (const auto& blocker : seen.blockers)
            blocked.by.push_back(
                {blocker.pid, blocker.application, {}, blocker.state, blocker.statement, blocker.query_start});
        say(blocked);
    }
    void finished(const migration::Step& step, std::chrono::milliseconds duration) override {
        say(RunnerFinished{step.version.text(), step.direction, duration});
    }

  private:
    std::ostream& out_;
    std::size_t steps_ = 0;
    std::size_t started_ = 0;
    bool was_blocked_ = false;
};

RunDescription read_description(const std::string& file) {
    try {
        return parse_run_description(read_file(file));
    } catch (const std::exception& error) {
        throw Refused(api::reason::runner_failed, error.what());
    }
}

/// The files of several directories, none of which may hold what another holds.
std::vector<migration::SourceFile> read_sources(const std::vector<std::string>& directories) {
    std::vector<migration::SourceFile> files;
    std::map<std::string, std::string> origin;
    for (const auto& directory : directories) {
        for (auto& file : read_source_directory(directory)) {
            const auto [first, is_new] = origin.emplace(file.name, directory);
            if (!is_new) {
                throw InvalidSource(file.name, "'" + file.name + "' is in '" + first->second + "' and in '" +
                                                   directory + "'; keep it in one of them");
            }
            files.push_back(std::move(file));
        }
    }
    return files;
}

migration::ScriptSet read_scripts(const RunOptions& options, const RunDescription& description) {
    std::vector<migration::SourceFile> files;
    try {
        files = read_sources(options.sources);
    } catch (const InvalidSource&) {
        throw;
    } catch (const std::exception& error) {
        throw Refused(api::reason::source_not_found, error.what());
    }
    auto scripts = migration::ScriptSet::read(
        std::move(files), migration::parse_layout(description.spec.layout).value_or(migration::Layout::Auto));
    if (description.source_digest && *description.source_digest != scripts.digest()) {
        throw Refused(api::reason::source_digest_mismatch, "the scripts that were found are " + scripts.digest() +
                                                               ", and those to be run are " +
                                                               *description.source_digest);
    }
    return scripts;
}

postgres::ConnectionUrl read_url() {
    const char* const variable = std::getenv("LOCKKEEPER_DATABASE_URL");
    if (variable == nullptr || trimmed_url(variable).empty()) {
        throw postgres::InvalidConnectionUrl("the connection string is empty");
    }
    return postgres::ConnectionUrl::parse(trimmed_url(variable), postgres::UrlTrust::Owner);
}

RunnerResult run(const RunOptions& options, Lines& lines, const std::stop_token& stop) {
    RunnerResult result;
    auto& report = result.report;
    const auto description = read_description(options.description);
    try {
        engine::SystemClock clock;
        engine::Migrator migrator(
            read_url(), run_options(description.spec, description.subject, description.known_history_table), clock);
        migrator.connect_ahead(stop);
        const auto scripts = read_scripts(options, description);
        result.source_digest = scripts.digest();
        result.script_count = scripts.scripts().size();
        report = migrator.migrate(scripts, run_goal(description.spec), lines, stop);
    } catch (const InvalidSource& error) {
        report.failure = migration::failure_of(error);
    } catch (const postgres::InvalidConnectionUrl&) {
        report.failure = engine::failure_of(std::current_exception());
    }
    result.ran_count = report.ran.size();
    return result;
}

/// The log has the whole result, so that this file cannot be written is worth a word, and no more.
void write_termination_message(const std::string& file, const RunnerLine& last, std::ostream& err) {
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    if (!(stream << to_termination_message(last) << std::flush)) {
        err << "cannot write the termination message to '" << file << "'" << std::endl;
    }
}

}  // namespace

ExitCode run_in_job(const RunOptions& options, const Streams& streams, const std::stop_token& stop) {
    Lines lines(streams.out);
    RunnerLine last;
    auto code = ExitCode::Failed;
    try {
        auto result = run(options, lines, stop);
        code = exit_code_of(result.report);
        last = std::move(result);
    } catch (const Refused& refused) {
        last = RunnerRefusal{refused.reason(), refused.what()};
    }
    write_termination_message(options.termination_log, last, streams.err);
    lines.say(last);
    return code;
}

}  // namespace lockkeeper::app
