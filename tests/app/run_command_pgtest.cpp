#include "app/run_command.hpp"
#include "app/source_directory.hpp"
#include "engine/advisory_lock.hpp"
#include "reconcile/run_description.hpp"
#include "reconcile/runner_line.hpp"
#include "support/process.hpp"
#include "support/requirements.hpp"
#include "support/runners.hpp"
#include "support/temporary_database.hpp"
#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <sstream>
#include <thread>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace lockkeeper::reconcile;

namespace {

/// What a Job's pod has: a description, directories, the database in its environment, and a termination log.
struct Pod {
    Pod() {
        folder.write("scripts/0001_a.up.sql", "CREATE TABLE a (x int);");
        folder.write("more/0002_b.up.sql", "CREATE TABLE b (x int);");
        write_description();
        ::setenv("LOCKKEEPER_DATABASE_URL", (database.url() + "\n").c_str(), 1);
    }
    ~Pod() { ::unsetenv("LOCKKEEPER_DATABASE_URL"); }
    Pod(const Pod&) = delete;
    Pod& operator=(const Pod&) = delete;

    void write_description() const { folder.write("run.json", to_text(description)); }
    std::string path(const std::string& name) const { return folder.path(name).string(); }
    std::string termination_message() const { return read_file(folder.path("termination-log")); }

    ExitCode run() {
        std::ostringstream written;
        std::ostringstream errors;
        const auto code = run_in_job({path("run.json"), {path("scripts"), path("more")}, path("termination-log")},
                                     {written, errors}, {});
        out = written.str();
        lines.clear();
        std::istringstream text(out);
        for (std::string line; std::getline(text, line);) lines.push_back(parse_runner_line(line).value());
        return code;
    }
    const RunnerResult& result() const { return std::get<RunnerResult>(lines.back()); }
    const RunnerRefusal& refusal() const { return std::get<RunnerRefusal>(lines.back()); }

    const tests::TemporaryDatabase database;
    const tests::TemporaryFolder folder;
    RunDescription description{.subject = "shop/shop", .run = 1};
    std::string out;
    std::vector<RunnerLine> lines;
};

}  // namespace

TEST_CASE("a Job's run applies what is mounted, says so as it goes, and ends with its result") {
    Pod pod;
    CHECK(pod.run() == ExitCode::Done);
    CHECK(pod.database.ask("SELECT string_agg(version, ' ') FROM lockkeeper_history") == "0001_a 0002_b");
    REQUIRE(pod.lines.size() == 6);
    CHECK(std::get<RunnerPlanned>(pod.lines[0]).steps == 2);
    CHECK(std::get<RunnerStarted>(pod.lines[1]).version == "0001_a");
    CHECK(std::get<RunnerFinished>(pod.lines[4]).version == "0002_b");
    CHECK(pod.result().report.database->current_version == "0002_b");
    CHECK(pod.result().ran_count == 2);
    CHECK(pod.result().script_count == 2);
    CHECK(pod.result().source_digest->starts_with("sha256:"));
    CHECK(pod.termination_message() + "\n" == pod.out.substr(pod.out.find(R"({"database")")));
    CHECK(pod.run() == ExitCode::Done);
    CHECK(pod.result().ran_count == 0);
}

TEST_CASE("a Job's run is as its description says, whatever that leaves out") {
    Pod pod;
    pod.description.spec.history.table = "elsewhere";
    pod.description.spec.target_version = "0001_a";
    pod.write_description();
    CHECK(pod.run() == ExitCode::Done);
    CHECK(pod.database.ask("SELECT string_agg(version, ' ') FROM elsewhere") == "0001_a");
    CHECK(pod.result().report.database->history_table == "public.elsewhere");

    pod.description.known_history_table = "public.elsewhere";
    pod.description.spec.history.table = "moved";
    pod.write_description();
    CHECK(pod.run() == ExitCode::Failed);
    CHECK(pod.result().report.failure->kind == migration::FailureKind::HistoryMoved);
}

TEST_CASE("scripts that are not those of the description never run") {
    Pod pod;
    pod.description.source_digest = "sha256:" + std::string(64, '0');
    pod.write_description();
    CHECK(pod.run() == ExitCode::Failed);
    CHECK(pod.refusal().reason == "SourceDigestMismatch");
    CHECK(parse_runner_line(pod.termination_message()));
    CHECK(pod.database.ask("SELECT to_regclass('lockkeeper_history') IS NULL") == "t");
}

TEST_CASE("what a Job's run cannot read is said in its last line") {
    Pod pod;
    pod.folder.write("run.json", R"({"format": 99})");
    CHECK(pod.run() == ExitCode::Failed);
    CHECK(pod.refusal().reason == "RunnerFailed");
    CHECK_THAT(pod.refusal().message, Catch::Contains("format 99"));

    pod.write_description();
    pod.folder.write("more/0001_a.up.sql", "SELECT 1;");
    CHECK(pod.run() == ExitCode::Failed);
    CHECK(pod.result().report.failure->kind == migration::FailureKind::InvalidSource);
    std::filesystem::remove_all(pod.folder.path("more"));
    CHECK(pod.run() == ExitCode::Failed);
    CHECK(pod.refusal().reason == "SourceNotFound");

    ::setenv("LOCKKEEPER_DATABASE_URL", "postgresql://u:S3cret@h:x/d", 1);
    CHECK(pod.run() == ExitCode::Failed);
    CHECK(pod.result().report.failure->kind == migration::FailureKind::InvalidConnection);
    CHECK_THAT(pod.out, !Catch::Contains("S3cret"));
}

TEST_CASE("a Job's run that waits for the lock says who holds it, and gives up in its time") {
    Pod pod;
    pod.description.spec.lock.acquire_timeout = std::chrono::seconds(3);
    pod.write_description();
    auto holder = pod.database.connect("the other one");
    holder.query("SELECT pg_advisory_lock(" +
                 std::to_string(engine::LockKey::of({"public", "lockkeeper_history"}).value) + ")");
    CHECK(pod.run() == ExitCode::LockNotAcquired);
    const auto& waiting = std::get<RunnerWaiting>(pod.lines.front());
    REQUIRE(waiting.holder);
    CHECK(waiting.holder->application == "the other one");
    CHECK(pod.result().report.failure->kind == migration::FailureKind::WaitingForLock);
}

TEST_CASE("a Job's runner that is asked to end leaves its result, and neither lock nor half a script") {
    Pod pod;
    pod.folder.write("scripts/0001_a.up.sql", "CREATE TABLE a (x int); SELECT pg_sleep(600);");
    tests::Process runner({LOCKKEEPER_BINARY, "run", "--description", pod.path("run.json"), "--source",
                           pod.path("scripts"), "--termination-log", pod.path("termination-log")},
                          tests::database_variable(pod.database.url()));
    while (runner.running() &&
           pod.database.ask("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> "
                            "pg_backend_pid()") == "0") {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    CHECK(runner.end(SIGTERM) == 1);
    const auto last = parse_runner_line(pod.termination_message());
    REQUIRE(last);
    CHECK(std::get<RunnerResult>(*last).report.failure->kind == migration::FailureKind::Interrupted);
    CHECK(pod.database.ask("SELECT to_regclass('a') IS NULL") == "t");
}
