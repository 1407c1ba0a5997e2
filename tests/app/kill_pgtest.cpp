#include "support/disturbed_run.hpp"
#include "support/runners.hpp"
#include "support/sanitized.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <random>
#include <thread>

using namespace lockkeeper;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using tests::ci_or_soak;
using tests::database_variable;
using tests::lock_is_free_within;
using tests::migrate_up_command;
using tests::outcome_of;
using tests::Process;
using tests::run_once;
using tests::start_anew;
using tests::state_of;
using tests::TemporaryDatabase;
using tests::TemporaryFolder;
using tests::undisturbed_state;

namespace {

/// The real binary at the twenty scripts, disturbed at random instants of its run.
class Course {
  public:
    Course() : expected_(undisturbed_state(database)) {
        for (const auto& file : tests::twenty_scripts()) folder_.write(file.name, file.text);
        start_anew(database);
        const auto begin = steady_clock::now();
        REQUIRE(start()->wait() == 0);
        length_ = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begin);
        CHECK(state_of(database) == expected_);
    }

    std::unique_ptr<Process> start() const {
        return std::make_unique<Process>(migrate_up_command(folder_.path("")), database_variable(database.url()));
    }
    void sleep_for_a_part_of_it() {
        const auto instant = std::uniform_int_distribution<std::int64_t>(0, length_.count())(random_);
        std::this_thread::sleep_for(std::chrono::microseconds(instant));
    }
    const std::string& expected() const { return expected_; }

    const TemporaryDatabase database;

  private:
    TemporaryFolder folder_;
    std::string expected_;
    std::chrono::microseconds length_{0};
    std::mt19937 random_{std::random_device{}()};
};

}  // namespace

TEST_CASE("a runner killed at any instant leaves its lock free within five seconds, and the next run ends right") {
    Course course;
    for (std::size_t round = 0; round < ci_or_soak(20, 200); ++round) {
        start_anew(course.database);
        const auto runner = course.start();
        course.sleep_for_a_part_of_it();
        runner->end(SIGKILL);
        CHECK(lock_is_free_within(course.database, tests::promised_time));
        const auto report = run_once(course.database.url());
        INFO((report.failure ? report.failure->message : ""));
        REQUIRE(outcome_of(report) == "done");
        REQUIRE(state_of(course.database) == course.expected());
    }
}

TEST_CASE("a runner whose session is terminated at any instant ends right by itself") {
    Course course;
    for (std::size_t round = 0; round < ci_or_soak(20, 200); ++round) {
        start_anew(course.database);
        const auto runner = course.start();
        course.sleep_for_a_part_of_it();
        course.database.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
            "application_name LIKE 'lockkeeper%'");
        const auto code = runner->wait();
        INFO(runner->log());
        REQUIRE(code == 0);
        REQUIRE(state_of(course.database) == course.expected());
        CHECK(lock_is_free_within(course.database, tests::promised_time));
    }
}
