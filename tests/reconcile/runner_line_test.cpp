#include "reconcile/runner_line.hpp"

#include "support/builders.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using namespace lockkeeper::reconcile;
using std::chrono::milliseconds;

namespace {

/// A line that is written, read and written again; empty where it cannot be read.
std::string again(const std::string& line) {
    const auto read = parse_runner_line(line);
    return read ? to_line(*read) : std::string();
}

RunnerResult large_result() {
    RunnerResult result;
    std::vector<std::string> versions;
    for (int i = 0; i < 40; ++i) versions.push_back(std::to_string(10'000 + i) + "_" + std::string(200, 'n'));
    auto database = tests::database_with({versions.begin(), versions.begin() + 20}, versions);
    database.pending.resize(20);
    database.missing = {versions.begin(), versions.begin() + 20};
    database.missing_count = 12'345;
    database.history_table = std::string(63, 's') + "." + std::string(63, 't');
    result.report = tests::run_that_succeeded(database);
    for (const auto& version : versions)
        result.report.ran.push_back({version, migration::Direction::Up, milliseconds(3)});
    result.report.warnings.assign(30, std::string(900, '"'));
    result.report.failure.emplace();
    result.report.failure->message = std::string(3'000, '\\');
    result.report.failure->hint = std::string(3'000, '\x01');
    result.report.failure->file = std::string(250, 'f');
    result.report.failure->version = std::string(250, 'v');
    result.ran_count = 4'711;
    result.script_count = 40;
    result.source_digest = "sha256:" + std::string(64, 'a');
    return result;
}

}  // namespace

TEST_CASE("every line of a runner reads back as it was written") {
    using migration::Direction;
    const std::vector<RunnerLine> lines{
        RunnerWaiting{-42, milliseconds(1'500), RunnerSession{4711, "psql", "10.0.0.7", "idle in transaction"}},
        RunnerWaiting{std::numeric_limits<std::int64_t>::max(), milliseconds(0)},
        RunnerPlanned{20},
        RunnerStarted{"0003_orders", 3, 20, api::Timestamp(std::chrono::seconds(1'700'000'000))},
        RunnerBlocked{"0003_orders", {{4711, "psql", "", "active"}, {4712, "", "", ""}}},
        RunnerBlocked{
            "0003_orders",
            {{4711, "psql", "", "active", "ALTER TABLE", api::Timestamp(std::chrono::seconds(1'700'000'000))}}},
        RunnerStatement{"0003_orders", 2, 3},
        RunnerBuilding{"0003_orders", "building index: scanning table", 40},
        RunnerBuilding{"0003_orders", "waiting for writers before build"},
        RunnerFinished{"0003_orders", Direction::Up, milliseconds(12)},
        RunnerRefusal{"SourceNotFound", "cannot read the source '/scripts'"},
        RunnerResult{}};
    for (const auto& line : lines) {
        const auto text = to_line(line);
        INFO(text);
        CHECK(text.find('\n') == std::string::npos);
        const auto read = parse_runner_line(text);
        REQUIRE(read);
        CHECK(read->index() == line.index());
        CHECK(to_line(*read) == text);
    }
}

TEST_CASE("a result reads back with all that a status is made of") {
    RunnerResult result;
    result.report =
        tests::run_that_succeeded(tests::database_with({"0001_a", "0002_b"}, {"0001_a", "0002_b", "0003_c"}));
    result.report.ran = {{"0002_b", migration::Direction::Up, milliseconds(12)}};
    result.report.warnings = {"'notes.txt' is no script"};
    result.report.recorded_count = 1;
    result.report.failure.emplace();
    auto& failure = *result.report.failure;
    failure.kind = migration::FailureKind::WaitingForTableLock;
    failure.message = "canceling statement due to lock timeout";
    failure.sqlstate = "55P03";
    failure.hint = "try later";
    failure.version = "0003_c";
    failure.file = "0003_c.up.sql";
    failure.line = 3;
    failure.column = 5;
    failure.statement = 2;
    failure.excerpt = "ALTER TABLE secret_customers";
    result.ran_count = 1;
    result.script_count = 3;
    result.source_digest = "sha256:abc";
    const auto line = to_line(result);
    CHECK_THAT(line, !Catch::Contains("secret_customers"));
    const auto read = parse_runner_line(line);
    REQUIRE(read);
    const auto& report = std::get<RunnerResult>(*read).report;
    CHECK(report.database->applied_count == 2);
    CHECK(report.database->pending == std::vector<std::string>{"0003_c"});
    CHECK(report.database->current_version == "0002_b");
    CHECK(report.database->newest.at(0).version == "0002_b");
    CHECK(report.database->newest.at(0).applied_at == result.report.database->newest.at(0).applied_at);
    CHECK(report.failure->kind == migration::FailureKind::WaitingForTableLock);
    CHECK(report.failure->column == 5);
    CHECK(again(line) == line);
}

TEST_CASE("what is no line of a runner is passed over") {
    const auto whole = to_line(RunnerResult{.report = tests::run_that_failed(migration::FailureKind::OutOfOrder, "x")});
    REQUIRE(parse_runner_line(whole));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        INFO(length);
        CHECK_FALSE(parse_runner_line(std::string_view(whole).substr(0, length)));
    }
    for (
        const std::string text :
        {"",
         "null",
         "[]",
         "42",
         "\"result\"",
         "NOTICE: hello",
         "{}",
         R"({"format":1})",
         R"({"format":1,"type":7})",
         R"({"format":1,"type":"dance"})",
         R"({"format":2,"type":"planned","steps":1})",
         R"({"format":"1","type":"planned","steps":1})",
         R"({"format":1,"type":"planned","steps":-1})",
         R"({"format":1,"type":"planned","steps":1.5})",
         R"({"format":1,"type":"planned","steps":1e400})",
         R"({"format":1,"type":"finished","version":"a","direction":"sideways","durationMs":1})",
         R"({"format":1,"type":"started","version":"a","number":1,"steps":2,"at":"noon"})",
         R"({"format":1,"type":"waiting","key":1,"waitedMs":1,"holder":[]})",
         R"({"format":1,"type":"result","ranCount":0,"ran":{},"recordedCount":0,"warnings":[]})",
         R"({"format":1,"type":"result","ranCount":0,"ran":[],"recordedCount":0,"warnings":[],"failure":{"kind":"NewKind","message":""}})",
         R"({"format":1,"type":"result","ranCount":0,"ran":[],"recordedCount":0,"warnings":[3]})",
         "\xff\xfe{\"format\":1}"}) {
        INFO(text);
        CHECK_FALSE(parse_runner_line(text));
    }
    CHECK_FALSE(parse_runner_line(std::string(2'000'000, '[')));
    CHECK_FALSE(parse_runner_line(std::string(900'000, '[')));
}

TEST_CASE("a line of a later version that only knows more is read") {
    CHECK(parse_runner_line(R"({"format":1,"type":"planned","steps":3,"mood":"good"})"));
}

TEST_CASE("a termination message is a complete result of at most 4 KiB, with its counts and names exact") {
    const auto large = large_result();
    REQUIRE(to_line(large).size() > longest_termination_message);
    const auto message = to_termination_message(large);
    CHECK(message.size() <= longest_termination_message);
    const auto read = parse_runner_line(message);
    REQUIRE(read);
    const auto& result = std::get<RunnerResult>(*read);
    CHECK(result.ran_count == 4'711);
    CHECK(result.report.database->applied_count == 20);
    CHECK(result.report.database->missing_count == 12'345);
    CHECK(result.report.database->history_table == large.report.database->history_table);
    CHECK(result.report.database->current_version == large.report.database->current_version);
    CHECK(result.source_digest == large.source_digest);
    CHECK(result.report.failure->kind == large.report.failure->kind);
    CHECK_FALSE(result.report.failure->message.empty());

    const RunnerLine small = RunnerResult{};
    CHECK(to_termination_message(small) == to_line(small));
    CHECK(to_termination_message(RunnerRefusal{"RunnerFailed", std::string(10'000, 'x')}).size() <=
          longest_termination_message);
}
