#include "app/run_reporter.hpp"

#include "api/reasons.hpp"

namespace lockkeeper::app {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

api::Timestamp now() {
    return std::chrono::floor<std::chrono::seconds>(system_clock::now());
}

api::DatabaseSession session_of(const engine::LockHolder& holder) {
    return {holder.pid, holder.application, holder.client, holder.state, holder.statement, holder.since};
}

api::DatabaseSession session_of(const engine::Blocker& blocker) {
    return {blocker.pid, blocker.application, {}, blocker.state, blocker.statement, blocker.query_start};
}

std::string describe(const engine::LockWait& wait) {
    auto text = "waiting for the advisory lock " + std::to_string(wait.key);
    if (!wait.holder) return text;
    text += ", held by pid " + std::to_string(wait.holder->pid);
    if (!wait.holder->application.empty()) text += " (" + wait.holder->application + ")";
    return text;
}

std::string describe(const std::vector<api::DatabaseSession>& sessions) {
    std::string text;
    for (const auto& session : sessions) {
        text += (text.empty() ? "pid " : " and pid ") + std::to_string(session.pid);
        if (!session.application.empty()) text += " (" + session.application + ")";
    }
    return text;
}

}  // namespace

void RunReporter::waiting(const engine::LockWait& wait) {
    const bool is_news = !waiting_since_;
    if (is_news) waiting_since_ = steady_clock::now();
    api::AwaitedLock lock{wait.key, std::nullopt};
    if (wait.holder) lock.holder = session_of(*wait.holder);
    mailbox_.post({std::string(api::reason::waiting_for_lock), describe(wait), std::move(lock)},
                  is_news ? StatusMailbox::Urgency::Now : StatusMailbox::Urgency::Paced);
}

void RunReporter::planned(const migration::Plan& plan) {
    has_lock_since_ = steady_clock::now();
    planned_ = plan.steps.size();
}

void RunReporter::started(const migration::Step& step) {
    ++started_;
    running_.emplace();
    running_->version = step.version.text();
    running_->started_at = now();
    // The first one ends a wait for the lock, which is over whether or not the script takes long.
    tell(waiting_since_ && started_ == 1 ? StatusMailbox::Urgency::Now : StatusMailbox::Urgency::Paced);
}

void RunReporter::at_statement(const migration::Step& step, std::size_t statement) {
    running_->statement = statement;
    running_->statements = step.text.statements.size();
    running_->index_build.reset();
    running_->waiting_on.clear();
    tell(StatusMailbox::Urgency::Paced);
}

void RunReporter::observed(const migration::Step& /*step*/, const engine::RunObservation& observation) {
    running_->waiting_on.clear();
    for (const auto& blocker : observation.blockers) running_->waiting_on.push_back(session_of(blocker));
    running_->index_build.reset();
    if (const auto& build = observation.index_build)
        running_->index_build = api::IndexBuild{build->phase, build->percent};
    tell(StatusMailbox::Urgency::Paced);
}

void RunReporter::finished(const migration::Step& step, std::chrono::milliseconds duration) {
    log_.info("script finished", {{"migration", migration_},
                                  {"version", step.version.text()},
                                  {"direction", std::string(migration::to_string(step.direction))},
                                  {"milliseconds", std::to_string(duration.count())}});
}

steady_clock::duration RunReporter::lock_wait() const {
    if (!waiting_since_) return {};
    return has_lock_since_.value_or(steady_clock::now()) - *waiting_since_;
}

void RunReporter::tell(StatusMailbox::Urgency urgency) {
    auto message = "running " + running_->version;
    if (planned_ > 1) message += ", " + std::to_string(started_) + " of " + std::to_string(planned_);
    if (!running_->waiting_on.empty()) message += "; it waits for " + describe(running_->waiting_on);
    mailbox_.post({std::string(api::reason::migrating), std::move(message), std::nullopt, running_}, urgency);
}

}  // namespace lockkeeper::app
