// The whole lives of some thirty Migrations on a real API server: every status that is written is looked at, and every
// Event counted.
#include "support/controller_process.hpp"
#include "support/life_scenarios.hpp"
#include "support/migration_life.hpp"
#include "support/status_life.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>

using namespace lockkeeper;
using namespace lockkeeper::tests;
using nlohmann::json;

namespace {

using Events = std::vector<std::string>;

/// Everything that a watch of the Migrations shows, as kubectl prints it.
class Watch {
  public:
    explicit Watch(const MigrationSpace& space)
        : process_(
              {"kubectl", "get", "pgmig", "--watch", "--output-watch-events", "-o", "json", "-n", space.ns().name()}) {}

    bool shows(const std::string& name) const {
        return eventually([&] { return process_.log().find(R"("name":")" + name + "\"") != std::string::npos; });
    }
    /// Ends it once it has shown this version of each of these objects.
    std::vector<json> end_at(const json& list) {
        for (const auto& object : list["items"]) {
            const auto version = object["metadata"]["resourceVersion"].dump();
            REQUIRE(
                eventually([&] { return process_.log().find("\"resourceVersion\":" + version) != std::string::npos; }));
        }
        process_.end();
        std::vector<json> events;
        std::istringstream stream(process_.log());
        for (std::string line; std::getline(stream, line);) {
            auto event = json::parse(line, nullptr, false);
            if (!event.is_discarded()) events.push_back(std::move(event));
        }
        return events;
    }

  private:
    Process process_;
};

/// Without the Events that a scenario may have or not. A run that takes longer than two seconds says so, and on a busy
/// machine any may.
Events expected_ones(const Events& events, const Scenario& scenario) {
    Events expected;
    for (const auto& event : events) {
        const auto reason = event.substr(0, event.find(' '));
        const auto is_listed = [&](const Events& list) { return std::ranges::find(list, reason) != list.end(); };
        if (!is_listed(scenario.maybe) && (reason != "Migrating" || is_listed(scenario.events)))
            expected.push_back(event);
    }
    return expected;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

std::string password_in(const std::string& url) {
    const auto begin = url.find(':', url.find("//")) + 1;
    return url.substr(begin, url.find('@') - begin);
}

}  // namespace

TEST_CASE("over their whole lives Migrations say nothing that contradicts itself, and each change of state once") {
    const MigrationSpace space;
    LifeScenarios maker(space);
    const auto scenarios = maker.all();
    REQUIRE(scenarios.size() >= 30);
    Watch watch(space);
    space.apply("canary", {{"1_a.sql", "SELECT 1;"}}, {{"suspend", true}});
    REQUIRE(watch.shows("canary"));
    std::string log;
    {
        ControllerProcess controller({"--verbose", "--workers", "8"});
        const auto stuck = run_all(space, scenarios);
        for (const auto& text : stuck) UNSCOPED_INFO(text);
        REQUIRE(stuck.empty());
        CHECK(controller.end() == 0);
        log = controller.log() + "\n";
    }
    const auto last = space.all();

    StatusLife life({password_in(space.database().url()), "hunter2", "passwd"});
    for (const auto& event : watch.end_at(last)) life.see(event);
    CHECK_THAT(life.complaints(), Catch::Matchers::Equals(std::vector<std::string>{}));
    for (const auto& scenario : scenarios) {
        INFO(scenario.name);
        // Each request that wrote a status changed something, and the other way round.
        const auto written = "msg=\"status written\" migration=" + space.ns().name() + "/" + scenario.name + "\n";
        CHECK(life.writes_of(scenario.name) == count(log, written));
        CHECK(expected_ones(space.ns().events_of(scenario.name), scenario) == scenario.events);
    }

    // Nothing is news to a controller that starts again.
    const ControllerProcess second({"--verbose", "--workers", "8"});
    for (const auto& scenario : scenarios) {
        const auto decided = "migration=" + space.ns().name() + "/" + scenario.name + " ";
        INFO(scenario.name);
        CHECK(eventually([&] { return second.log().find("msg=decided " + decided) != std::string::npos; }));
    }
    CHECK(count(second.log(), "msg=\"status written\"") == 0);
    const auto now = space.all();
    for (const auto& object : now["items"]) {
        const auto is_same = [&](const json& other) {
            return other["metadata"]["resourceVersion"] == object["metadata"]["resourceVersion"];
        };
        CHECK(std::ranges::any_of(last["items"], is_same));
    }
}
