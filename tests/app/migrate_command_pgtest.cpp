#include "app/migrate_command.hpp"
#include "engine/advisory_lock.hpp"
#include "support/temporary_database.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

using namespace lockkeeper;
using namespace lockkeeper::app;

namespace {

/// A directory of scripts and the database that they are for.
class CommandLine {
  public:
    CommandLine() : directory_(std::filesystem::temp_directory_path() / database.name()) {
        std::filesystem::create_directory(directory_);
    }
    ~CommandLine() { std::filesystem::remove_all(directory_); }
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;

    void write(const std::string& name, const std::string& text) const { std::ofstream(directory_ / name) << text; }

    void remove(const std::string& name) const { std::filesystem::remove(directory_ / name); }

    ExitCode run(MigrateOptions::Action action, OutputFormat output = OutputFormat::Text) {
        MigrateOptions options;
        options.action = action;
        options.source = directory_.string();
        options.url = database.connection_url();
        options.history = {"public", "lockkeeper_history"};
        options.acquire_timeout = std::chrono::milliseconds(100);
        options.retry_for = retry_for;
        options.session.lock_timeout = std::chrono::milliseconds(50);
        options.output = output;
        options.baseline = baseline;
        options.adopt = adopt;
        options.policy = policy;
        options.planned = planned;
        options.target = target;
        options.all = all;
        std::ostringstream results;
        std::ostringstream errors;
        const auto code = run_migrate(options, {results, errors}, {});
        out = results.str();
        err = errors.str();
        return code;
    }

    const tests::TemporaryDatabase database;
    std::chrono::milliseconds retry_for{0};
    std::optional<std::string> baseline;
    std::optional<migration::Adopt> adopt;
    migration::Policy policy;
    migration::Direction planned = migration::Direction::Up;
    std::optional<std::string> target;
    bool all = false;
    std::string out;
    std::string err;

  private:
    std::filesystem::path directory_;
};

using Action = MigrateOptions::Action;

}  // namespace

TEST_CASE("up, status and down tell what they did") {
    CommandLine cli;
    cli.write("0001_a.up.sql", "CREATE TABLE a (x int);");
    cli.write("0001_a.down.sql", "DROP TABLE a;");
    cli.write("notes.txt", "not a script");
    CHECK(cli.run(Action::Status) == ExitCode::Done);
    CHECK_THAT(cli.out, Catch::Contains("0001_a    pending\n") && Catch::Contains("1 script pending"));
    CHECK(cli.run(Action::Up) == ExitCode::Done);
    CHECK_THAT(cli.err, Catch::Contains("0001_a  up  ") && Catch::Contains("warning: 'notes.txt'"));
    CHECK(cli.out == "1 script applied. The database is at 0001_a; nothing is pending.\n");
    CHECK(cli.run(Action::Status) == ExitCode::Done);
    CHECK_THAT(cli.out, Catch::Contains("0001_a    applied"));
    CHECK(cli.run(Action::Down) == ExitCode::Done);
    CHECK_THAT(cli.out, Catch::Contains("1 script rolled back. The database is at no version yet"));
}

TEST_CASE("a failure shows the offending line with a caret") {
    CommandLine cli;
    cli.write("0001_a.up.sql", "SELECT 1;\nSELECT nope;\n");
    CHECK(cli.run(Action::Up) == ExitCode::Failed);
    CHECK_THAT(
        cli.err,
        Catch::Contains(
            "error: 0001_a.up.sql:2:8: column \"nope\" does not exist (ScriptFailed, SQLSTATE 42703, statement 2)\n"
            "  2 | SELECT nope;\n"
            "    |        ^\n"));
}

TEST_CASE("programs get one JSON object") {
    CommandLine cli;
    cli.write("0001_a.up.sql", "SELECT 1;");
    cli.write("0002_b.up.sql", "SELECT nope;");
    CHECK(cli.run(Action::Up, OutputFormat::Json) == ExitCode::Failed);
    const auto report = nlohmann::json::parse(cli.out);
    CHECK(report["succeeded"] == false);
    CHECK(report["ran"][0]["version"] == "0001_a");
    CHECK(report["database"]["pending"] == nlohmann::json::array({"0002_b"}));
    CHECK(report["error"]["line"] == 1);
    CHECK(report["error"]["sqlstate"] == "42703");
}

TEST_CASE("an adoption is told by its table, in the plan and in the run") {
    CommandLine cli;
    cli.write("001_a.sql", "SELECT 1;");
    cli.write("002_b.sql", "SELECT 1;");
    cli.database.run("CREATE TABLE schema_version (version int); INSERT INTO schema_version VALUES (1)");
    cli.adopt.emplace();
    CHECK(cli.run(Action::Status) == ExitCode::Done);
    CHECK_THAT(cli.out, Catch::Contains("001_a     to adopt\n002_b     pending\n"));
    CHECK(cli.run(Action::Plan, OutputFormat::Json) == ExitCode::Done);
    CHECK(nlohmann::json::parse(cli.out)["plan"]["adoptedFrom"] == "public.schema_version");
    CHECK(cli.run(Action::Up) == ExitCode::Done);
    CHECK_THAT(cli.err,
               Catch::Contains("taken for applied up to 001_a, as public.schema_version says, without being run"));
    CHECK_THAT(cli.out, Catch::Contains("1 script recorded without being run. 1 script applied."));
}

TEST_CASE("plan tells what would run and how, and changes nothing") {
    CommandLine cli;
    cli.write("1_a.sql", "-- +goose Up\nSELECT 1;");
    cli.write("2_b.sql", "-- +goose Up\nSELECT 1;");
    cli.write("3_c.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1;");
    cli.baseline = "1";
    CHECK(cli.run(Action::Plan) == ExitCode::Done);
    CHECK(cli.out ==
          "VERSION   RUN      TRANSACTION   FILE\n"
          "1         record   -             -\n"
          "2         up       yes           2_b.sql\n"
          "3         up       no            3_c.sql\n"
          "The database is at no version yet; 2 scripts pending.\n");
    CHECK(cli.run(Action::Plan, OutputFormat::Json) == ExitCode::Done);
    const auto report = nlohmann::json::parse(cli.out);
    CHECK(report["plan"]["record"] == nlohmann::json::array({"1"}));
    CHECK(report["plan"]["steps"][1] ==
          nlohmann::json({{"version", "3"}, {"direction", "up"}, {"transactional", false}, {"file", "3_c.sql"}}));
    CHECK(cli.database.ask("SELECT to_regclass('lockkeeper_history') IS NULL") == "t");
    CHECK(cli.run(Action::Status) == ExitCode::Done);
    CHECK_THAT(cli.out, Catch::Contains("1         baseline\n2         pending\n"));

    CHECK(cli.run(Action::Up) == ExitCode::Done);
    CHECK_THAT(cli.err, Catch::Contains("taken for applied up to 1, without being run"));
    CHECK_THAT(cli.out, Catch::Contains("1 script recorded without being run. 2 scripts applied."));
    CHECK(cli.run(Action::Plan) == ExitCode::Done);
    CHECK_THAT(cli.out, Catch::Contains("FILE\nThe database is at 3; nothing is pending.\n"));
}

TEST_CASE("plan of the way down tells what down would roll back and by which file, and changes nothing") {
    CommandLine cli;
    cli.write("0001_a.up.sql", "CREATE TABLE a (x int);");
    cli.write("0001_a.down.sql", "DROP TABLE a;");
    cli.write("0002_b.up.sql", "CREATE TABLE b (x int);");
    cli.write("0002_b.down.sql", "DROP TABLE b;");
    cli.write("0003_c.up.sql", "CREATE INDEX c ON b (x);");
    cli.write("0003_c.down.sql", "DROP INDEX CONCURRENTLY c;");
    REQUIRE(cli.run(Action::Up) == ExitCode::Done);
    cli.remove("0002_b.up.sql");
    cli.remove("0002_b.down.sql");
    const auto rows = "SELECT string_agg(h::text || xmin::text, ' ') FROM lockkeeper_history h";
    const auto before = cli.database.ask(rows);

    cli.planned = migration::Direction::Down;
    CHECK(cli.run(Action::Plan) == ExitCode::Done);
    CHECK(cli.out ==
          "VERSION   RUN      TRANSACTION   FILE\n"
          "0003_c    down     no            0003_c.down.sql\n"
          "The database is at 0003_c; nothing is pending; 1 applied script not in the source.\n");
    cli.target = "1";
    CHECK(cli.run(Action::Plan) == ExitCode::Done);
    CHECK_THAT(cli.out, Catch::Contains("0003_c    down     no            0003_c.down.sql\n"
                                        "0002_b    down     yes           0002_b.down.sql (stored)\nThe"));
    cli.target.reset();
    cli.all = true;
    CHECK(cli.run(Action::Plan, OutputFormat::Json) == ExitCode::Done);
    const auto steps = nlohmann::json::parse(cli.out)["plan"]["steps"];
    REQUIRE(steps.size() == 3);
    CHECK(steps[1] == nlohmann::json({{"version", "0002_b"},
                                      {"direction", "down"},
                                      {"transactional", true},
                                      {"file", "0002_b.down.sql (stored)"}}));
    CHECK(steps[2]["version"] == "0001_a");
    CHECK(cli.database.ask(rows) == before);

    CHECK(cli.run(Action::Down) == ExitCode::Done);
    CHECK_THAT(cli.out, Catch::Contains("3 scripts rolled back."));
}

TEST_CASE("plan of a way down that is not there says so as down does") {
    CommandLine cli;
    cli.write("0001_a.up.sql", "CREATE TABLE a (x int);");
    REQUIRE(cli.run(Action::Up) == ExitCode::Done);
    cli.planned = migration::Direction::Down;
    CHECK(cli.run(Action::Plan) == ExitCode::Failed);
    const auto planned = cli.err;
    CHECK_THAT(planned, Catch::Contains("there is no way back from 0001_a; add '0001_a.down.sql' to the source "
                                        "(MissingDownScript)"));
    CHECK(cli.run(Action::Down) == ExitCode::Failed);
    CHECK(cli.err == planned);
}

TEST_CASE("policies decide what an edited and a missing script come to, on the command line") {
    CommandLine cli;
    cli.write("0001_a.up.sql", "SELECT 1;");
    REQUIRE(cli.run(Action::Up) == ExitCode::Done);
    cli.write("0001_a.up.sql", "SELECT 2;");
    cli.policy.checksum_mismatch = migration::Severity::Warn;
    CHECK(cli.run(Action::Up) == ExitCode::Done);
    CHECK_THAT(cli.err, Catch::Contains("warning: '0001_a.up.sql' was edited"));
    cli.database.run("UPDATE lockkeeper_history SET version = '0000_gone', name = 'gone', checksum = 'sha256:0'");
    cli.policy.missing_scripts = migration::Severity::Fail;
    CHECK(cli.run(Action::Up) == ExitCode::ChecksumMismatch);
    CHECK_THAT(cli.err, Catch::Contains("MissingScripts"));
}

TEST_CASE("an unclosed quote is reported with its file before a database is asked") {
    CommandLine cli;
    cli.write("0001_a.down.sql", "SELECT 1;");
    CHECK(cli.run(Action::Up) == ExitCode::Failed);
    CHECK_THAT(cli.err, Catch::Contains("0001_a.down.sql") && Catch::Contains("has no up script"));
}

TEST_CASE("an edited script and a held lock have exit codes of their own") {
    CommandLine cli;
    cli.write("0001_a.up.sql", "SELECT 1;");
    REQUIRE(cli.run(Action::Up) == ExitCode::Done);
    cli.write("0001_a.up.sql", "SELECT 2;");
    CHECK(cli.run(Action::Up) == ExitCode::ChecksumMismatch);
    CHECK(cli.run(Action::Status) == ExitCode::ChecksumMismatch);

    auto holder = cli.database.connect();
    holder.query("SELECT pg_advisory_lock(" +
                 std::to_string(engine::LockKey::of({"public", "lockkeeper_history"}).value) + ")");
    CHECK(cli.run(Action::Up) == ExitCode::LockNotAcquired);
}

TEST_CASE("a lock time-out is tried again until it passes") {
    CommandLine cli;
    cli.database.run("CREATE TABLE busy (x int)");
    cli.write("0001_a.up.sql", "ALTER TABLE busy ADD y int;");
    auto blocker = cli.database.connect();
    blocker.query("BEGIN");
    blocker.query("LOCK TABLE busy");
    CHECK(cli.run(Action::Up) == ExitCode::Failed);
    CHECK_THAT(cli.err, Catch::Contains("WaitingForTableLock, SQLSTATE 55P03"));

    cli.retry_for = std::chrono::seconds(30);
    std::jthread release([&] {
        while (cli.database.ask("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'lockkeeper:%'") ==
               "0") {
        }
        blocker.query("ROLLBACK");
    });
    CHECK(cli.run(Action::Up) == ExitCode::Done);
}
