// SIGKILL and SIGTERM at a `lockkeeper migrate up` on a long link, while its scripts are in flight.
#include "support/cutting_proxy.hpp"
#include "support/disturbed_run.hpp"
#include "support/runners.hpp"
#include "support/sanitized.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <optional>
#include <thread>

using namespace lockkeeper;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using tests::CuttingProxy;
using tests::Files;
using tests::lock_is_free_within;
using tests::outcome_of;
using tests::Process;
using tests::TemporaryDatabase;
using tests::TemporaryFolder;

namespace {

constexpr auto gate = "4711";  // an advisory lock; whoever holds it holds up the script that asks for it

/// Eight scripts that leave a trace each and are no use twice. In this one the gate stands between two of them.
Files eight_with_gate_in(int gated) {
    Files files;
    for (int number = 1; number <= 8; ++number) {
        const auto n = std::to_string(number);
        std::string text = number == 1 ? "CREATE TABLE traces (script int);\n" : "";
        text += "INSERT INTO traces VALUES (" + n + ");\n";
        if (number == gated)
            text += "SET LOCAL lock_timeout = 0;\nSELECT pg_advisory_xact_lock(" + std::string(gate) + ");\n";
        files.push_back({n + "_s.sql", text + "CREATE TABLE t" + n + " (a int);\n"});
    }
    return files;
}

std::string remains_in(const TemporaryDatabase& database) {
    return database.ask(
        "SELECT concat_ws(E'\\n', (SELECT string_agg(script::text, ' ' ORDER BY script) FROM traces), (SELECT "
        "string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'), (SELECT "
        "string_agg(concat_ws(' ', version, checksum, transactional, statements, statements_done, applied_by, source, "
        "direction), E'\\n' ORDER BY applied_at) FROM lockkeeper_history))");
}

/// A run of the real program over a long link, which has come to the gate in the middle of a flight.
class FlightAtGate {
  public:
    explicit FlightAtGate(int gated) : files_(eight_with_gate_in(gated)), keeper_(database.connect("gatekeeper")) {
        for (const auto& file : files_) folder_.write(file.name, file.text);
        keeper_.query("SELECT pg_advisory_lock(" + std::string(gate) + ")");
        program_.emplace(tests::migrate_up_command(folder_.path("")), tests::database_variable(proxy_.url()));
        const std::string waits = "datname = current_database() AND wait_event = 'advisory'";
        while (database.ask("SELECT count(*) FROM pg_stat_activity WHERE " + waits) != "1") {
            REQUIRE(program_->running());
        }
        // A message by itself: one that holds its whole script would begin with BEGIN.
        REQUIRE(database.ask("SELECT left(query, 28) FROM pg_stat_activity WHERE " + waits) ==
                "SELECT pg_advisory_xact_lock");
    }

    void open_gate() { keeper_.query("SELECT pg_advisory_unlock_all()"); }
    Process& program() { return *program_; }
    /// What the history has, in order.
    std::string applied() const {
        return database.ask("SELECT string_agg(version, ' ' ORDER BY version) FROM lockkeeper_history");
    }
    /// Runs the program again, on the same link, to its end; the state is that of a run that nobody disturbed.
    void check_next_run_ends_right() {
        Process again(tests::migrate_up_command(folder_.path("")), tests::database_variable(proxy_.url()));
        const auto code = again.wait();
        INFO(again.log());
        CHECK(code == 0);
        const TemporaryDatabase peaceful;
        REQUIRE(outcome_of(tests::run_once(peaceful.url(), {}, files_, 1)) == "done");
        CHECK(remains_in(database) == remains_in(peaceful));
    }

    const TemporaryDatabase database;

  private:
    Files files_;
    TemporaryFolder folder_;
    CuttingProxy proxy_{database.url(), std::nullopt, 2ms};
    postgres::Connection keeper_;
    std::optional<Process> program_;
};

std::string versions_before(int number) {
    std::string versions;
    for (int before = 1; before < number; ++before) {
        versions += (versions.empty() ? "" : " ") + std::to_string(before) + "_s";
    }
    return versions;
}

}  // namespace

TEST_CASE("a runner killed in the middle of a flight leaves whole scripts, and the next run ends right") {
    const int gated = GENERATE(2, 5, 8);
    FlightAtGate flight(gated);
    flight.program().end(SIGKILL);
    SECTION("and its session ends where it was") {
        CHECK(lock_is_free_within(flight.database, tests::promised_time));
        CHECK(flight.applied() == versions_before(gated));
        flight.open_gate();
    }
    SECTION("and its session may have run what it had been sent") {
        flight.open_gate();
        CHECK(lock_is_free_within(flight.database, tests::promised_time));
        const auto applied = flight.applied();
        CHECK((applied + " ").starts_with(versions_before(gated) + " "));
        CHECK(flight.database.ask("SELECT string_agg(script || '_s', ' ' ORDER BY script) FROM traces") == applied);
    }
    flight.check_next_run_ends_right();
}

TEST_CASE(
    "a run that is told to stop in the middle of a flight ends within five seconds, and the next one ends right") {
    const int gated = GENERATE(2, 5, 8);
    FlightAtGate flight(gated);
    const auto begin = steady_clock::now();
    const auto code = flight.program().end(SIGTERM);
    CHECK(steady_clock::now() - begin < tests::promised_time);
    INFO(flight.program().log());
    CHECK(code == 1);
    CHECK_THAT(flight.program().log(), Catch::Contains("(Interrupted)"));
    CHECK(lock_is_free_within(flight.database, tests::promised_time));
    CHECK(flight.applied() == versions_before(gated));
    CHECK(flight.database.ask("SELECT string_agg(script || '_s', ' ' ORDER BY script) FROM traces") ==
          versions_before(gated));
    flight.open_gate();
    flight.check_next_run_ends_right();
}
