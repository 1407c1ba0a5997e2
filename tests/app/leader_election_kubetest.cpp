#include "support/controller_process.hpp"
#include "support/http_probe.hpp"
#include "support/kubectl.hpp"
#include "support/not_idempotent.hpp"
#include "support/requirements.hpp"
#include "support/temporary_database.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <csignal>
#include <memory>

using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using nlohmann::json;
using Strings = std::vector<std::string>;

namespace {

/// Two real controllers of one namespace, which stand for the same lease, and a Migration of 60 scripts.
struct Pair {
    explicit Pair(const Strings& times = {}) : one(make(times)) {
        create_ran_table(database);
        ns.apply_secret("db", database.url());
        REQUIRE(eventually([&] { return leads(*one); }));
        two = make(times);
        REQUIRE(eventually([&] { return two->log().find("msg=watching") != std::string::npos; }));
    }

    std::unique_ptr<ControllerProcess> make(const Strings& times) const {
        Strings arguments{"--namespace", ns.name(), "--leader-elect", "--leader-elect-namespace", ns.name()};
        arguments.insert(arguments.end(), times.begin(), times.end());
        return std::make_unique<ControllerProcess>(arguments);
    }

    static bool leads(const ControllerProcess& controller) {
        return controller.log().find("msg=leading") != std::string::npos;
    }

    void apply(int scripts, const std::string& seconds = "0.1") const {
        ns.apply(migration("shop", "db",
                           {{"source", {{"inline", not_idempotent(scripts, seconds)}}},
                            {"retry", {{"initialDelay", "500ms"}, {"maxDelay", "1s"}}}}));
    }
    int applied() const { return std::stoi(database.ask("SELECT count(*) FROM ran")); }
    bool all_once(int scripts) const {
        const auto expected = std::to_string(scripts);
        const bool came = eventually(
            [&] {
                const auto shop = ns.get("pgmig", "shop");
                return condition(shop, "Ready") == "True/UpToDate" && shop["status"]["appliedCount"] == scripts;
            },
            90s);
        UNSCOPED_INFO(one->log() << "\n--\n" << two->log() << ns.get("pgmig", "shop").dump(2));
        return came && ran(database) == expected + "/" + expected;
    }
    json lease() const { return ns.get("lease", "lockkeeper"); }

    /// Seconds until the second controller leads.
    double takeover() const {
        const auto begin = std::chrono::steady_clock::now();
        REQUIRE(eventually([&] { return leads(*two); }, 90s));
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    }

    TemporaryDatabase database;
    TemporaryNamespace ns;
    std::unique_ptr<ControllerProcess> one;
    std::unique_ptr<ControllerProcess> two;
};

/// Too long for anyone to wait for a lease to run out.
const Strings long_times{"--leader-elect-lease-duration", "600s", "--leader-elect-renew-deadline", "300s",
                         "--leader-elect-retry-period",   "60s"};
const Strings short_times{"--leader-elect-lease-duration", "8s", "--leader-elect-renew-deadline", "5s",
                          "--leader-elect-retry-period",   "1s"};

}  // namespace

TEST_CASE("the lead of a controller killed in the middle of a run is taken over, and nothing is applied twice") {
    Pair pair;
    pair.apply(60);
    REQUIRE(eventually([&] { return pair.applied() >= 5; }));
    CHECK_FALSE(Pair::leads(*pair.two));
    pair.one->end(SIGKILL);
    const auto seconds = pair.takeover();
    WARN("taken over " << seconds << " s after a kill -9");
    CHECK(pair.all_once(60));
    CHECK(pair.lease()["spec"]["leaseTransitions"] == 1);
}

TEST_CASE("the lead of a controller stopped in the middle of a run is released when the run has ended") {
    Pair pair(long_times);
    pair.apply(30);
    REQUIRE(eventually([&] { return pair.applied() >= 5; }));
    CHECK(pair.one->end(SIGTERM) == 0);
    const auto seconds = pair.takeover();  // the lease would run out in ten minutes
    WARN("taken over " << seconds << " s after the end of the process");
    CHECK_THAT(pair.one->log(), Contains("released the lease"));
    pair.apply(40);
    CHECK(pair.all_once(40));
}

TEST_CASE("a leader that stood still past its lease does not go on") {
    Pair pair(short_times);
    pair.apply(40);
    REQUIRE(eventually([&] { return pair.applied() >= 5; }));
    ::kill(pair.one->pid(), SIGSTOP);
    pair.takeover();
    ::kill(pair.one->pid(), SIGCONT);
    CHECK(pair.one->wait() == 1);
    CHECK_THAT(pair.one->log(), Contains("lost the lead"));
    CHECK(pair.all_once(40));
}

TEST_CASE("a leader that stood still does not overwrite what its successor has said") {
    Pair pair(short_times);
    pair.apply(1, "3");
    REQUIRE(eventually([&] {
        return pair.database.ask(
                   "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                   "wait_event = 'PgSleep'") == "1";
    }));
    ::kill(pair.one->pid(), SIGSTOP);  // the server ends the script without it
    pair.takeover();
    CHECK(pair.all_once(1));
    ::kill(pair.one->pid(), SIGCONT);
    CHECK(pair.one->wait() == 1);
    CHECK(pair.all_once(1));
    CHECK_FALSE(pair.ns.get("pgmig", "shop")["status"].contains("lastError"));
}

TEST_CASE("a controller that stands by is ready, and shows that it does not lead") {
    const TemporaryNamespace ns;
    const auto start = [&](std::uint16_t health, std::uint16_t metrics) {
        return std::make_unique<ControllerProcess>(Strings{
            "--namespace", ns.name(), "--leader-elect", "--leader-elect-namespace", ns.name(), "--health-address",
            "127.0.0.1:" + std::to_string(health), "--metrics-address", "127.0.0.1:" + std::to_string(metrics)});
    };
    const auto free_port = [] { return port_of(listen_on_loopback()); };
    const std::array<std::uint16_t, 2> health{free_port(), free_port()};
    const std::array<std::uint16_t, 2> metrics{free_port(), free_port()};
    const auto leader = start(health[0], metrics[0]);
    REQUIRE(eventually([&] { return Pair::leads(*leader); }));
    const auto standby = start(health[1], metrics[1]);
    REQUIRE(eventually([&] { return get_from_loopback(health[1], "/readyz").starts_with("HTTP/1.1 200"); }));
    CHECK(get_from_loopback(health[0], "/readyz").starts_with("HTTP/1.1 200"));
    CHECK(get_from_loopback(health[0], "/healthz").starts_with("HTTP/1.1 200"));
    CHECK(get_from_loopback(health[1], "/healthz").starts_with("HTTP/1.1 200"));
    CHECK_THAT(get_from_loopback(metrics[0], "/metrics"),
               Contains(R"(leader_election_master_status{name="lockkeeper"} 1)") &&
                   Contains("# TYPE lockkeeper_migrations gauge"));
    CHECK_THAT(get_from_loopback(metrics[1], "/metrics"),
               Contains(R"(leader_election_master_status{name="lockkeeper"} 0)") &&
                   !Contains("# TYPE lockkeeper_migrations gauge"));
}

TEST_CASE("a leader that cannot reach the API server for its renew deadline ends its process") {
    require_local_services();
    const TemporaryNamespace ns;
    Strings arguments{"--namespace", ns.name(), "--leader-elect", "--leader-elect-namespace", ns.name()};
    arguments.insert(arguments.end(), short_times.begin(), short_times.end());
    ControllerProcess controller(arguments);
    REQUIRE(eventually([&] { return Pair::leads(controller); }));
    control_service("kill", "apiserver");
    CHECK(controller.wait() == 1);
    control_service("start", "apiserver");
    CHECK_THAT(controller.log(), Contains("was not renewed in time"));
    CHECK_FALSE(ns.get("lease", "lockkeeper")["spec"]["holderIdentity"].get<std::string>().empty());
}
