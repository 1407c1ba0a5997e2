#include "engine/script_flight.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace lockkeeper;
using namespace std::chrono_literals;
using engine::flight_limit;
using engine::flight_size;
using migration::Step;

namespace {

Step step_of(const std::string& text, bool transactional = true) {
    Step step{migration::Direction::Up,
              migration::Version("1_a"),
              "a",
              {"1_a.sql", text},
              migration::read_script_text({"1_a.sql", text}),
              "sha256:0",
              std::nullopt,
              std::nullopt};
    step.transactional = transactional;
    return step;
}

std::vector<Step> steps_of(const std::vector<std::string>& texts) {
    std::vector<Step> steps;
    for (const auto& text : texts) steps.push_back(step_of(text));
    return steps;
}

postgres::CommandError error_at(std::size_t completed, std::optional<std::size_t> position) {
    return postgres::CommandError({"42703", "column \"nope\" does not exist", {}, position, completed});
}

std::string place_of(const Step& step, const postgres::CommandError& error) {
    const auto failure = locate_failure(step, engine::layout_of(step, 3), engine::as_of_one_message(step, 3, error));
    return std::to_string(failure.line) + ":" + std::to_string(failure.column) + " #" +
           std::to_string(failure.statement);
}

}  // namespace

TEST_CASE("scripts fly where an answer takes a millisecond or longer, and one by one where it does not") {
    CHECK(flight_limit(999us) == 1);
    CHECK(flight_limit(1ms) == 64);
    CHECK(flight_limit(200ms) == 64);
}

TEST_CASE("small transactional scripts fly together, as many as the limit says") {
    const auto steps = steps_of({"SELECT 1", "", "CREATE TABLE t (a int)", "SELECT 4"});
    CHECK(flight_size(steps, 64) == 4);
    CHECK(flight_size(steps, 3) == 3);
    CHECK(flight_size(steps, 1) == 1);
    CHECK(flight_size(std::span(steps).subspan(3), 64) == 1);
}

TEST_CASE("a flight ends before a script that does not fly, and that one goes alone") {
    auto steps = steps_of({"SELECT 1", "SELECT 2", "SELECT 3", "SELECT 4"});
    const auto with_third = [&](Step third) {
        steps[2] = std::move(third);
        return std::pair(flight_size(steps, 64), flight_size(std::span(steps).subspan(2), 64));
    };
    const auto grounded = std::pair<std::size_t, std::size_t>(2, 1);
    CHECK(with_third(step_of("SELECT 3", false)) == grounded);
    CHECK(with_third(step_of("SELECT '" + std::string(10'000, 'x') + "'")) == grounded);
    CHECK(with_third(step_of("COPY t FROM stdin;\n1\n\\.\n")) == grounded);
    CHECK(with_third(step_of("Copy t TO '/tmp/x'")) == grounded);
    // How the server reads the next message, and so the rest of the script.
    CHECK(with_third(step_of("SET Client_Encoding = 'LATIN1'; SELECT 'ä'")) == grounded);
    CHECK(with_third(step_of("SET NAMES 'LATIN1'; SELECT 'ä'")) == grounded);
    CHECK(with_third(step_of("SET standard_conforming_strings = off; SELECT '\\'")) == grounded);
    CHECK(with_third(step_of("SELECT set_config('client_' || 'encoding', 'LATIN1', true); SELECT 'ä'")) == grounded);
    auto with_way_back = step_of("SELECT 3");
    with_way_back.down_script = std::string(10'000, 'x');
    CHECK(with_third(with_way_back) == grounded);
    CHECK(with_third(step_of("SELECT 3")) == std::pair<std::size_t, std::size_t>(4, 2));
}

TEST_CASE("a flight is at most 64 KiB of scripts") {
    CHECK(flight_size(steps_of(std::vector<std::string>(20, "SELECT '" + std::string(6'000, 'x') + "'")), 64) == 10);
}

TEST_CASE("each statement of a script is a message, with the end that it has in one message") {
    CHECK(engine::statements_of(step_of("-- head\nSELECT 'ä;' -- one\n; /* two */ SELECT 2 -- tail")) ==
          std::vector<std::string>{"SELECT 'ä;'\n;", "SELECT 2\n;"});
    CHECK(engine::statements_of(step_of("-- nothing\n")).empty());
}

TEST_CASE("an error in a flight points into its script as one of a single message does") {
    const auto step = step_of("\xEF\xBB\xBF-- ä\nSELECT 'ä';\n  SELECT 'ö',\n  nope;\nSELECT 3;");
    CHECK(place_of(step, error_at(4, 14)) == "4:3 #2");
    CHECK(place_of(step, error_at(4, std::nullopt)) == "3:3 #2");
    CHECK(place_of(step, error_at(3, 7)) == "2:8 #1");
    // In the settings before the script, and in what stands behind it.
    CHECK(place_of(step, error_at(1, 5)) == "2:1 #1");
    CHECK(place_of(step, error_at(6, 5)) == "0:0 #0");
}
