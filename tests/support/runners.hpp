#pragma once

#include "support/process.hpp"
#include "support/run.hpp"
#include "support/temporary_folder.hpp"

#include <atomic>
#include <barrier>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace lockkeeper::tests {

/// What stands behind a runner: a thread of this process, or the real binary as a process of its own.
enum class RunnerKind { Thread, Process };

std::ostream& operator<<(std::ostream& stream, RunnerKind kind);

/// Many `lockkeeper migrate up` with the same scripts and the same database, started at once.
class Runners {
  public:
    /// Each tries again for so long what passes by itself.
    Runners(RunnerKind kind, std::size_t count, const std::string& url, const Files& files,
            std::chrono::seconds retry_for = std::chrono::minutes(5));

    /// How many have ended.
    std::size_t finished() const;
    /// Waits for all. What each ended with: `done`, `done, tried again`, or its exit code and what
    /// it wrote.
    std::vector<std::string> outcomes();

  private:
    void run_in_thread(const std::string& url, std::string& outcome);

    std::chrono::seconds retry_for_;
    TemporaryFolder folder_;
    std::vector<std::string> outcomes_;
    std::vector<std::unique_ptr<Process>> processes_;
    std::atomic<std::size_t> finished_ = 0;
    std::barrier<> start_;
    std::vector<std::jthread> threads_;
};

/// The command line of one such run; the database goes into the environment (database_variable).
std::vector<std::string> migrate_up_command(const std::string& source);
std::vector<std::string> database_variable(const std::string& url);

}  // namespace lockkeeper::tests
