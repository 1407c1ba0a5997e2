#include "support/controller_process.hpp"
#include "support/http_probe.hpp"
#include "support/kubectl.hpp"
#include "support/temporary_database.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <sstream>

using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

/// A port that was free a moment ago.
std::uint16_t free_port() {
    return port_of(listen_on_loopback());
}

struct Ports {
    std::uint16_t metrics = free_port();
    std::uint16_t health = free_port();

    std::vector<std::string> arguments() const {
        return {"--metrics-address", "127.0.0.1:" + std::to_string(metrics), "--health-address",
                "127.0.0.1:" + std::to_string(health)};
    }
    bool is_ready() const { return get_from_loopback(health, "/readyz").starts_with("HTTP/1.1 200"); }
    std::string show() const { return get_from_loopback(metrics, "/metrics"); }
};

std::vector<std::string> operator+(std::vector<std::string> left, const std::vector<std::string>& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

/// A Migration whose script runs for so many seconds, and until `started` is called has begun.
struct SlowRun {
    explicit SlowRun(const std::string& seconds) {
        ns.apply_secret("db", database.url());
        ns.apply(
            migration("slow", "db", {{"source", {{"inline", {{"1_slow.sql", "SELECT pg_sleep(" + seconds + ")"}}}}}}));
    }
    bool has_started() const {
        return eventually([&] {
            return connect_to_maintenance_database()
                       .query("SELECT 1 FROM pg_stat_activity WHERE datname = '" + database.name() +
                              "' AND query LIKE '%pg_sleep%' AND state = 'active'")
                       .rows() == 1;
        });
    }
    std::string ready() const { return condition(ns.get("pgmig", "slow"), "Ready"); }

    TemporaryDatabase database;
    TemporaryNamespace ns;
};

std::chrono::steady_clock::duration time_to_end(ControllerProcess& controller, int expected_exit) {
    const auto begin = std::chrono::steady_clock::now();
    CHECK(controller.wait() == expected_exit);
    return std::chrono::steady_clock::now() - begin;
}

}  // namespace

TEST_CASE("a controller is ready once it knows what there is, and shows what it does") {
    const TemporaryDatabase database;
    const TemporaryNamespace ns;
    const Ports ports;
    const ControllerProcess controller(ports.arguments());
    REQUIRE(eventually([&] { return ports.is_ready(); }));
    CHECK_THAT(get_from_loopback(ports.health, "/healthz"), Catch::EndsWith("ok\n"));
    CHECK_THAT(get_from_loopback(ports.health, "/metrics"), Catch::StartsWith("HTTP/1.1 404 "));
    ns.apply_secret("db", database.url());
    ns.apply(migration("shop", "db", {{"source", {{"inline", {{"1_a.sql", "SELECT 1"}}}}}}));
    ns.apply(migration("lost", "gone", {{"source", {{"inline", {{"1_a.sql", "SELECT 1"}}}}}}));
    const auto not_ready =
        R"(lockkeeper_migration_not_ready{namespace=")" + ns.name() + R"(",name="lost",reason="SecretNotFound"} 1)";
    CHECK(eventually([&] {
        const auto text = ports.show();
        return text.find(R"(lockkeeper_scripts_applied{namespace=")" + ns.name() + "\"} 1\n") != std::string::npos &&
               text.find(not_ready) != std::string::npos;
    }));
    const auto text = ports.show();
    CHECK_THAT(text, Contains(R"(lockkeeper_scripts_total{direction="up"} 1)"));
    CHECK_THAT(text, Contains("lockkeeper_lock_wait_seconds_count"));
    CHECK_THAT(text, Contains(R"(method="PATCH")"));
    CHECK_THAT(text, Contains("process_resident_memory_bytes"));
}

TEST_CASE("a script that is running when the controller is stopped may end") {
    const SlowRun slow("3");
    const Ports ports;
    ControllerProcess controller(ports.arguments());
    REQUIRE(slow.has_started());
    REQUIRE(ports.is_ready());
    ::kill(controller.pid(), SIGTERM);
    CHECK(eventually([&] { return !ports.is_ready() || !controller.running(); }, 5s));
    CHECK(time_to_end(controller, 0) < 10s);
    CHECK(slow.ready() == "True/UpToDate");
    CHECK_THAT(controller.log(), Contains("msg=stopping") && Contains("msg=stopped"));
}

TEST_CASE("a script that outlasts the grace period is rolled back, and the controller ends in order") {
    const SlowRun slow("120");
    ControllerProcess controller({"--shutdown-grace-period", "200ms"});
    REQUIRE(slow.has_started());
    ::kill(controller.pid(), SIGTERM);
    CHECK(time_to_end(controller, 0) < 10s);
    CHECK(slow.database.ask("SELECT count(*) FROM lockkeeper_history") == "0");
}

TEST_CASE("a second signal ends the controller at once") {
    const SlowRun slow("120");
    const Ports ports;
    ControllerProcess controller(ports.arguments() + std::vector<std::string>{"--shutdown-grace-period", "10m"});
    REQUIRE(slow.has_started());
    ::kill(controller.pid(), SIGTERM);
    REQUIRE(eventually([&] { return !ports.is_ready(); }));
    CHECK(controller.running());
    ::kill(controller.pid(), SIGTERM);
    CHECK(time_to_end(controller, 128 + SIGTERM) < 2s);
}

TEST_CASE("a controller whose address is taken says so and ends") {
    const auto taken = listen_on_loopback();
    const auto address = "127.0.0.1:" + std::to_string(port_of(taken));
    ControllerProcess controller({"--health-address", address});
    CHECK(controller.wait() == 1);
    CHECK_THAT(controller.log(), Contains("cannot listen on " + address));
}

TEST_CASE("every line of a JSON log is one object, and none holds the password") {
    const TemporaryDatabase database;
    const TemporaryNamespace ns;
    ControllerProcess controller({"--log-format", "json", "--verbose"});
    auto wrong = database.url();
    wrong.replace(wrong.find("postgres:") + 9, 3, "S3cretPassw0rd");
    ns.apply_secret("db", wrong);
    ns.apply(migration("shop", "db", {{"source", {{"inline", {{"1_a.sql", "SELECT 1"}}}}}}));
    REQUIRE(ns.becomes("shop", "Reconciling", "True/AccessDenied"));
    CHECK(controller.end() == 0);
    const auto log = controller.log();
    CHECK_THAT(log, !Contains("S3cretPassw0rd"));
    std::istringstream lines(log);
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        INFO(line);
        const auto object = json::parse(line, nullptr, false);
        REQUIRE(object.is_object());
        CHECK(object.contains("time"));
        CHECK(object.contains("level"));
        CHECK(object.contains("msg"));
    }
    CHECK(count > 3);
}
