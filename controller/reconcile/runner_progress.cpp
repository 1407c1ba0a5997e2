#include "reconcile/runner_progress.hpp"

#include "api/reasons.hpp"
#include "reconcile/runner_line.hpp"

namespace lockkeeper::reconcile {
namespace {

api::DatabaseSession session_of(const RunnerSession& session) {
    return {session.pid, session.application, session.client, session.state, session.query, session.since};
}

std::string describe(const RunnerWaiting& waiting) {
    auto text = "waiting for the advisory lock " + std::to_string(waiting.key);
    if (!waiting.holder) return text;
    text += ", held by pid " + std::to_string(waiting.holder->pid);
    if (!waiting.holder->application.empty()) text += " (" + waiting.holder->application + ")";
    return text;
}

/// What is known after each line.
class Progress {
  public:
    void operator()(const RunnerWaiting& waiting) {
        progress_ = {
            std::string(api::reason::waiting_for_lock), describe(waiting), api::AwaitedLock{waiting.key, {}}, {}};
        if (waiting.holder) progress_.lock->holder = session_of(*waiting.holder);
    }
    void operator()(const RunnerPlanned& planned) {
        const auto count = std::to_string(planned.steps) + (planned.steps == 1 ? " script" : " scripts");
        progress_ = {std::string(api::reason::migrating), "running " + count, {}, {}};
    }
    void operator()(const RunnerStarted& started) {
        auto message = "running " + started.version;
        if (started.steps > 1) {
            message += ", " + std::to_string(started.number) + " of " + std::to_string(started.steps);
        }
        progress_ = {std::string(api::reason::migrating),
                     message,
                     {},
                     api::RunningScript{started.version, started.at, 0, 0, {}, {}}};
    }
    void operator()(const RunnerBlocked& blocked) {
        if (!progress_.running) return;
        progress_.running->waiting_on.clear();
        for (const auto& session : blocked.by) progress_.running->waiting_on.push_back(session_of(session));
    }
    void operator()(const RunnerStatement& statement) {
        if (!progress_.running) return;
        auto& running = *progress_.running;
        running.statement = statement.number;
        running.statements = statement.statements;
        running.index_build.reset();
        running.waiting_on.clear();
    }
    void operator()(const RunnerBuilding& building) {
        if (!progress_.running) return;
        auto& build = progress_.running->index_build.emplace(api::IndexBuild{building.phase, std::nullopt});
        if (building.percent) build.percent = static_cast<int>(*building.percent);
    }
    void operator()(const RunnerFinished& /*finished*/) {}
    void operator()(const RunnerResult& /*result*/) {}
    void operator()(const RunnerRefusal& /*refusal*/) {}

    RunProgress take() { return std::move(progress_); }

  private:
    RunProgress progress_{std::string(api::reason::migrating), "the Job's pod starts", {}, {}};
};

}  // namespace

RunProgress progress_in(std::string_view log) {
    Progress progress;
    while (!log.empty()) {
        const auto line_break = log.find('\n');
        if (const auto line = parse_runner_line(log.substr(0, line_break))) std::visit(progress, *line);
        if (line_break == std::string_view::npos) break;
        log.remove_prefix(line_break + 1);
    }
    return progress.take();
}

}  // namespace lockkeeper::reconcile
