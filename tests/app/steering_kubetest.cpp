// What makes a Migration run now, later, or not at all.
#include "support/controller_process.hpp"
#include "support/kubectl.hpp"
#include "support/temporary_database.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using namespace lockkeeper::tests;
using nlohmann::json;

namespace {

/// A namespace with a database, in which each Migration has a history of its own.
struct Space {
    TemporaryDatabase database;
    TemporaryNamespace ns;

    Space() { ns.apply_secret("db", database.url()); }

    void apply(const std::string& name, const std::string& sql, json spec = json::object()) const {
        spec["source"] = {{"inline", {{"1_" + name + ".sql", sql}}}};
        spec["history"] = {{"table", "history_of_" + name}};
        ns.apply(migration(name, "db", spec));
    }
    json status(const std::string& name) const { return ns.get("pgmig", name).value("status", json::object()); }
    bool becomes(const std::string& name, const std::string& type, const std::string& expected) const {
        return ns.becomes(name, type, expected, std::chrono::seconds(60));
    }
    std::string message(const std::string& name) const {
        return ns.get("pgmig", name)["status"]["conditions"][0]["message"];
    }
    void request(const std::string& name, const std::string& value) const {
        kubectl("annotate pgmig " + name + " --overwrite lockkeeper.dev/requestedAt=" + value + " -n " + ns.name());
    }
};

json depends_on(const std::vector<std::string>& names) {
    json list = json::array();
    for (const auto& name : names) list.push_back({{"name", name}});
    return {{"dependsOn", list}};
}

}  // namespace

TEST_CASE("a request runs what has failed for good once more, and is answered") {
    const Space space;
    const ControllerProcess controller;
    space.database.run("CREATE SEQUENCE tries");
    space.apply("shop", "SELECT nextval('tries'); SELECT * FROM orders;");
    REQUIRE(space.becomes("shop", "Stalled", "True/ScriptFailed"));
    space.request("shop", "one");
    REQUIRE(eventually([&] { return space.status("shop").value("lastHandledRequest", "") == "one"; }));
    REQUIRE(space.becomes("shop", "Stalled", "True/ScriptFailed"));
    CHECK(space.database.ask("SELECT last_value FROM tries") == "2");
    space.database.run("CREATE TABLE orders (a int)");
    space.request("shop", "two");
    CHECK(space.becomes("shop", "Ready", "True/UpToDate"));
    CHECK(space.database.ask("SELECT last_value FROM tries") == "3");
    CHECK(space.status("shop")["lastHandledRequest"] == "two");
}

TEST_CASE("a request looks at a database that is well, and finds what was taken out of its history") {
    const Space space;
    const ControllerProcess controller;
    space.apply("shop", "CREATE TABLE IF NOT EXISTS orders (a int);");
    REQUIRE(space.becomes("shop", "Ready", "True/UpToDate"));
    space.database.run("DELETE FROM history_of_shop");
    space.request("shop", "now");
    REQUIRE(eventually([&] { return space.database.ask("SELECT count(*) FROM history_of_shop") == "1"; }));
    CHECK(space.becomes("shop", "Ready", "True/UpToDate"));
    CHECK(space.status("shop")["lastHandledRequest"] == "now");
}

TEST_CASE("by its interval a Migration finds by itself what was taken out of its history, and writes nothing before") {
    const Space space;
    const ControllerProcess controller;
    space.apply("shop", "CREATE TABLE IF NOT EXISTS orders (a int);", {{"interval", "10s"}});
    REQUIRE(space.becomes("shop", "Ready", "True/UpToDate"));
    const auto version = space.ns.get("pgmig", "shop")["metadata"]["resourceVersion"];
    const auto scans = [&] {
        return std::stoi(space.database.ask(
            "SELECT seq_scan + coalesce(idx_scan, 0) FROM pg_stat_user_tables WHERE relname = 'history_of_shop'"));
    };
    // One look that finds nothing to do, and writes nothing.
    const auto before = scans();
    REQUIRE(eventually([&] { return scans() > before; }, std::chrono::seconds(60)));
    CHECK(space.ns.get("pgmig", "shop")["metadata"]["resourceVersion"] == version);
    space.database.run("DELETE FROM history_of_shop");
    CHECK(eventually([&] { return space.database.ask("SELECT count(*) FROM history_of_shop") == "1"; },
                     std::chrono::seconds(60)));
}

TEST_CASE("a Migration runs as soon as the one it depends on is Ready, and says what it waits for") {
    const Space space;
    const ControllerProcess controller;
    space.apply("shop", "INSERT INTO orders VALUES (1);", depends_on({"orders"}));
    REQUIRE(space.becomes("shop", "Reconciling", "True/DependencyNotReady"));
    CHECK_THAT(space.message("shop"), Catch::Contains("waiting for Migration 'orders', which is not there"));
    space.apply("orders", "SELECT * FROM nowhere;");
    REQUIRE(space.becomes("orders", "Stalled", "True/ScriptFailed"));
    CHECK(eventually([&] {
        return space.message("shop").find("'orders', which is not Ready (ScriptFailed)") != std::string::npos;
    }));
    space.apply("orders", "CREATE TABLE orders (a int);");
    CHECK(space.becomes("shop", "Ready", "True/UpToDate"));
    CHECK(space.database.ask("SELECT count(*) FROM orders") == "1");
}

TEST_CASE("a circle of dependencies is named in full by each of its Migrations, and runs once it is cut") {
    const Space space;
    const ControllerProcess controller;
    space.apply("a", "CREATE TABLE a (x int);", depends_on({"b"}));
    space.apply("b", "CREATE TABLE b (x int);", depends_on({"c"}));
    space.apply("outside", "CREATE TABLE outside (x int);", depends_on({"a"}));
    REQUIRE(space.becomes("a", "Reconciling", "True/DependencyNotReady"));
    space.apply("c", "CREATE TABLE c (x int);", depends_on({"a"}));
    REQUIRE(space.becomes("a", "Stalled", "True/DependencyCycle"));
    REQUIRE(space.becomes("b", "Stalled", "True/DependencyCycle"));
    REQUIRE(space.becomes("c", "Stalled", "True/DependencyCycle"));
    CHECK_THAT(space.message("a"), Catch::Contains("a → b → c → a"));
    CHECK_THAT(space.message("c"), Catch::Contains("c → a → b → c"));
    CHECK(space.becomes("outside", "Reconciling", "True/DependencyNotReady"));
    space.apply("c", "CREATE TABLE c (x int);");
    for (const std::string name : {"c", "b", "a", "outside"}) CHECK(space.becomes(name, "Ready", "True/UpToDate"));
}

TEST_CASE("suspended with nothing pending a Migration stays Ready, and a request waits until it is resumed") {
    const Space space;
    const ControllerProcess controller;
    space.apply("shop", "CREATE TABLE IF NOT EXISTS orders (a int);");
    REQUIRE(space.becomes("shop", "Ready", "True/UpToDate"));
    space.apply("shop", "CREATE TABLE IF NOT EXISTS orders (a int);", {{"suspend", true}});
    REQUIRE(eventually([&] {
        const auto object = space.ns.get("pgmig", "shop");
        return object["status"]["observedGeneration"] == object["metadata"]["generation"];
    }));
    CHECK(condition(space.ns.get("pgmig", "shop"), "Ready") == "True/UpToDate");
    space.request("shop", "now");
    space.database.run("DELETE FROM history_of_shop");
    space.apply("other", "SELECT 1;");  // reconciled after the request, if that had led to anything
    REQUIRE(space.becomes("other", "Ready", "True/UpToDate"));
    CHECK_FALSE(space.status("shop").contains("lastHandledRequest"));
    space.apply("shop", "CREATE TABLE IF NOT EXISTS orders (a int);", {{"suspend", false}});
    CHECK(eventually([&] { return space.status("shop").value("lastHandledRequest", "") == "now"; }));
    CHECK(eventually([&] { return space.database.ask("SELECT count(*) FROM history_of_shop") == "1"; }));
}
