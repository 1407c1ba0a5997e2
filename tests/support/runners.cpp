#include "support/runners.hpp"

#include "app/migrate_command.hpp"

#include <algorithm>
#include <ostream>
#include <sstream>

namespace lockkeeper::tests {

std::ostream& operator<<(std::ostream& stream, RunnerKind kind) {
    return stream << (kind == RunnerKind::Thread ? "threads" : "processes");
}

namespace {

std::string describe(int code, const std::string& errors) {
    if (code != 0) return "exit code " + std::to_string(code) + ": " + errors;
    return errors.find("trying again") == std::string::npos ? "done" : "done, tried again";
}

}  // namespace

std::vector<std::string> migrate_up_command(const std::string& source) {
    return {LOCKKEEPER_BINARY, "migrate", "up", "--source", source};
}

std::vector<std::string> database_variable(const std::string& url) {
    return {"LOCKKEEPER_DATABASE_URL=" + url};
}

Runners::Runners(RunnerKind kind, std::size_t count, const std::string& url, const Files& files,
                 std::chrono::seconds retry_for)
    : retry_for_(retry_for), outcomes_(count), start_(static_cast<std::ptrdiff_t>(count)) {
    for (const auto& file : files) folder_.write("scripts/" + file.name, file.text);
    for (std::size_t index = 0; index < count; ++index) {
        if (kind == RunnerKind::Process) {
            auto command = migrate_up_command(folder_.path("scripts"));
            command.insert(command.end(), {"--retry-for", std::to_string(retry_for.count()) + "s"});
            processes_.push_back(std::make_unique<Process>(std::move(command), database_variable(url)));
        } else {
            threads_.emplace_back([this, url, index] { run_in_thread(url, outcomes_[index]); });
        }
    }
}

void Runners::run_in_thread(const std::string& url, std::string& outcome) {
    app::MigrateOptions options;
    options.action = app::MigrateOptions::Action::Up;
    options.source = folder_.path("scripts");
    options.url = postgres::ConnectionUrl::parse(url, postgres::UrlTrust::Owner);
    options.history = {"public", "lockkeeper_history"};
    options.acquire_timeout = std::chrono::minutes(10);
    options.retry_for = retry_for_;
    std::ostringstream results;
    std::ostringstream errors;
    start_.arrive_and_wait();
    const auto code = app::run_migrate(options, {results, errors}, {});
    outcome = describe(static_cast<int>(code), errors.str());
    ++finished_;
}

std::size_t Runners::finished() const {
    const auto ended = std::ranges::count_if(processes_, [](const auto& process) { return !process->running(); });
    return finished_ + static_cast<std::size_t>(ended);
}

std::vector<std::string> Runners::outcomes() {
    threads_.clear();
    for (std::size_t index = 0; index < processes_.size(); ++index) {
        const auto code = processes_[index]->wait();
        outcomes_[index] = describe(code, processes_[index]->log());
    }
    return outcomes_;
}

}  // namespace lockkeeper::tests
