#include "support/controller_process.hpp"
#include "support/kubectl.hpp"
#include "support/not_idempotent.hpp"
#include "support/requirements.hpp"
#include "support/temporary_database.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <thread>

using namespace lockkeeper::tests;
using nlohmann::json;

namespace {

json scripts(int count) {
    return not_idempotent(count, "0.02");
}

json inline_migration(const std::string& name, const json& files) {
    return migration(name, "db",
                     {{"source", {{"inline", files}}}, {"retry", {{"initialDelay", "500ms"}, {"maxDelay", "1s"}}}});
}

bool becomes_ready(const TemporaryNamespace& ns, const std::string& name) {
    return ns.becomes(name, "Ready", "True/UpToDate", std::chrono::seconds(40));
}

}  // namespace

TEST_CASE("two controllers on the same resource, twenty times over, apply every script once") {
    const TemporaryNamespace ns;
    const ControllerProcess one;
    const ControllerProcess two;
    for (int i = 0; i < 20; ++i) {
        const TemporaryDatabase database;
        create_ran_table(database);
        ns.apply_secret("db", database.url());
        const auto name = "race-" + std::to_string(i);
        ns.apply(inline_migration(name, scripts(5)));
        REQUIRE(becomes_ready(ns, name));
        CHECK(ran(database) == "5/5");
        CHECK(database.ask("SELECT count(*) FROM lockkeeper_history") == "5");
        ns.remove("pgmig", name);
    }
    CHECK(one.running());
    CHECK(two.running());
}

TEST_CASE("a controller killed at random moments and restarted ends Ready with nothing applied twice") {
    const TemporaryNamespace ns;
    std::minstd_rand random(20261123);
    for (int i = 0; i < 5; ++i) {
        const TemporaryDatabase database;
        create_ran_table(database);
        ns.apply_secret("db", database.url());
        const auto name = "killed-" + std::to_string(i);
        ns.apply(inline_migration(name, scripts(20)));
        for (int kills = 0; kills < 3; ++kills) {
            ControllerProcess controller;
            std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution<int>(50, 500)(random)));
            controller.end(SIGKILL);
        }
        const ControllerProcess last;
        REQUIRE(becomes_ready(ns, name));
        CHECK(ran(database) == "20/20");
        ns.remove("pgmig", name);
    }
}

TEST_CASE("an API server killed and restarted under the controller is lived through") {
    require_local_services();
    const TemporaryDatabase database;
    const TemporaryNamespace ns;
    const ControllerProcess controller;
    create_ran_table(database);
    ns.apply_secret("db", database.url());
    ns.apply(inline_migration("before", scripts(10)));
    REQUIRE(becomes_ready(ns, "before"));
    auto more = scripts(40);
    ns.apply(inline_migration("before", more));
    control_service("kill", "apiserver");
    CHECK(eventually([&] { return ran(database) == "10/10" || ran(database) == "40/40"; }, std::chrono::seconds(10)));
    control_service("start", "apiserver");
    REQUIRE(becomes_ready(ns, "before"));
    CHECK(eventually([&] { return ns.get("pgmig", "before")["status"]["appliedCount"] == 40; }));
    CHECK(ran(database) == "40/40");
    more["2000_last.up.sql"] = "INSERT INTO ran VALUES (2000)";
    ns.apply(inline_migration("before", more));
    CHECK(eventually([&] { return ns.get("pgmig", "before")["status"]["currentVersion"] == "2000_last"; },
                     std::chrono::seconds(40)));
    CHECK(ran(database) == "41/41");
    CHECK(controller.running());
}

TEST_CASE(
    "without a grace period a stopped controller exits cleanly within five seconds, also in the middle of a script") {
    const TemporaryDatabase database;
    const TemporaryNamespace ns;
    ControllerProcess controller({"--shutdown-grace-period", "0"});
    ns.apply_secret("db", database.url());
    ns.apply(inline_migration("slow", {{"1_a.sql", "CREATE TABLE half (a int); SELECT pg_sleep(60);"}}));
    REQUIRE(eventually([&] {
        return database.ask(
                   "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'lockkeeper:%' AND state = "
                   "'active' AND datname = current_database()") == "1";
    }));
    REQUIRE(eventually([&] { return ns.get("pgmig", "slow")["status"].contains("running"); }));
    const auto begin = std::chrono::steady_clock::now();
    CHECK(controller.end(SIGTERM) == 0);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
    CHECK(database.ask("SELECT to_regclass('half') IS NULL") == "t");
    CHECK_FALSE(ns.get("pgmig", "slow")["status"].contains("running"));
    CHECK(eventually([&] { return database.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "0"; },
                     std::chrono::seconds(5)));
}

TEST_CASE("the password of a database is in no log, status, Event or argument") {
    const TemporaryDatabase database;
    const TemporaryNamespace ns;
    const std::string password = "S3cretNowhere";
    database.run("CREATE ROLE " + database.name() + " LOGIN PASSWORD '" + password + "'");
    database.run("GRANT ALL ON SCHEMA public TO " + database.name());
    const auto at = database.url().find('@');
    const auto url = "postgresql://" + database.name() + ":" + password + database.url().substr(at);
    const ControllerProcess controller({"--verbose"});
    ns.apply_secret("db", url);
    ns.apply_secret("unreadable", "postgresql://u:" + password + "@h:x y:z/d");
    ns.apply_secret("nobody", "postgresql://nobody:" + password + database.url().substr(at));
    ns.apply(inline_migration("good", {{"1_a.sql", "CREATE TABLE a (x int);"}}));
    REQUIRE(becomes_ready(ns, "good"));
    ns.apply(migration("unreadable", "unreadable", {{"source", {{"inline", {{"1_a.sql", "SELECT 1"}}}}}}));
    ns.apply(migration("nobody", "nobody", {{"source", {{"inline", {{"1_a.sql", "SELECT 1"}}}}}}));
    ns.apply(
        migration("failing", "db",
                  {{"source", {{"inline", {{"1_a.sql", "CREATE TABLE b (x int);\nSELECT '" + password + "'::int;"}}}}},
                   {"history", {{"table", "other"}}}}));
    CHECK(ns.becomes("failing", "Stalled", "True/ScriptFailed"));
    CHECK(ns.becomes("nobody", "Reconciling", "True/AccessDenied"));
    CHECK(ns.becomes("unreadable", "Ready", "False/InvalidConnection"));
    for (const std::string name : {"good", "unreadable", "nobody", "failing"}) {
        CHECK_THAT(ns.get("pgmig", name)["status"].dump(), !Catch::Contains(password));
    }
    CHECK_THAT(kubectl("get events.events.k8s.io -A -o json").output, !Catch::Contains(password));
    CHECK_THAT(controller.log(), !Catch::Contains(password));
    CHECK_THAT(controller.log(), Catch::Contains("good"));
    CHECK_THAT(controller.command_line(), !Catch::Contains(password));
    ns.remove("pgmig", "good");
    ns.remove("pgmig", "failing");
    database.run("DROP OWNED BY " + database.name() + " CASCADE");
    connect_to_maintenance_database().query("REASSIGN OWNED BY " + database.name() + " TO postgres");
}
