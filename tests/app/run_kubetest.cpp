// What is seen of a run while it lasts, and what ends it.
#include "support/controller_process.hpp"
#include "support/kubectl.hpp"
#include "support/paused_service.hpp"
#include "support/temporary_database.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using namespace lockkeeper::tests;
using nlohmann::json;

namespace {

/// A namespace with a Migration `shop` for a database of its own, which has a table `gate` for scripts to wait at.
struct Shop {
    TemporaryDatabase database;
    TemporaryNamespace ns;

    Shop() {
        ns.apply_secret("db", database.url());
        database.run("CREATE TABLE gate (a int)");
    }
    void apply(const json& files, json spec = json::object()) const {
        spec["source"] = {{"inline", files}};
        if (!spec.contains("session")) spec["session"] = {{"lockTimeout", "0"}};
        ns.apply(migration("shop", "db", spec));
    }
    json shop() const { return ns.get("pgmig", "shop"); }
    json status() const { return shop().value("status", json::object()); }
    bool becomes(const std::string& type, const std::string& expected) const {
        return ns.becomes("shop", type, expected, std::chrono::seconds(60));
    }
    postgres::Connection close_gate() const {
        auto connection = database.connect("gatekeeper");
        connection.query("BEGIN");
        connection.query("LOCK TABLE gate");
        return connection;
    }
    bool is_at_gate() const {
        return eventually([&] {
            return database.ask("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'gate'::regclass") ==
                   "1";
        });
    }
    std::string history() const {
        if (database.ask("SELECT to_regclass('lockkeeper_history') IS NULL") == "t") return "";
        return database.ask("SELECT coalesce(string_agg(version, ' ' ORDER BY version), '') FROM lockkeeper_history");
    }
    /// Sessions of a run, which hold the lock.
    std::string runs() const {
        return database.ask(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database "
            "WHERE datname = current_database())");
    }
};

/// A shop whose run waits at the gate, which is closed.
struct RunAtGate {
    Shop shop;
    ControllerProcess controller;
    postgres::Connection gatekeeper = shop.close_gate();

    RunAtGate() {
        shop.apply({{"1_a.sql", "CREATE TABLE a (x int); SELECT * FROM gate;"}});
        REQUIRE(shop.is_at_gate());
    }
    void open_gate() { gatekeeper.query("ROLLBACK"); }
};

/// A session of somebody else, which holds the lock with this key.
postgres::Connection hold_lock(const Shop& shop, int key) {
    auto holder = shop.database.connect("another tool");
    holder.query("SELECT pg_advisory_lock(" + std::to_string(key) + ")");
    return holder;
}

}  // namespace

TEST_CASE("while a run waits for the lock its status shows the key and the holder, and no longer") {
    const Shop shop;
    const ControllerProcess controller;
    auto holder = hold_lock(shop, 4242);
    shop.apply({{"1_a.sql", "CREATE TABLE a (x int);"}}, {{"lock", {{"key", 4242}}}});
    REQUIRE(shop.becomes("Reconciling", "True/WaitingForLock"));
    const auto lock = shop.status()["lock"];
    CHECK(lock["key"] == 4242);
    CHECK(lock["holder"]["pid"] == holder.backend_pid());
    CHECK(lock["holder"]["application"] == "another tool");
    CHECK(condition(shop.shop(), "Ready") == "Unknown/Progressing");
    holder.query("SELECT pg_advisory_unlock(4242)");
    REQUIRE(shop.becomes("Ready", "True/UpToDate"));
    CHECK_FALSE(shop.status().contains("lock"));
}

TEST_CASE("a script that waits for another session is shown running, with whom it waits for, until it ends") {
    RunAtGate run;
    const auto& shop = run.shop;
    REQUIRE(eventually([&] { return shop.status().contains("/running/waitingOn"_json_pointer); },
                       std::chrono::seconds(60)));
    const auto running = shop.status()["running"];
    CHECK(running["version"] == "1_a");
    CHECK(running.contains("startedAt"));
    CHECK(running["waitingOn"][0]["pid"] == run.gatekeeper.backend_pid());
    CHECK(running["waitingOn"][0]["application"] == "gatekeeper");
    CHECK(running["waitingOn"][0]["state"] == "idle in transaction");
    run.open_gate();
    REQUIRE(shop.becomes("Ready", "True/UpToDate"));
    CHECK_FALSE(shop.status().contains("running"));
}

TEST_CASE("a Migration that is deleted during its run ends it, and leaves neither lock nor half a script") {
    RunAtGate run;
    const auto& shop = run.shop;
    CHECK(shop.runs() == "1");
    shop.ns.remove("pgmig", "shop");
    CHECK(eventually([&] { return shop.runs() == "0"; }));
    run.open_gate();
    CHECK(shop.history().empty());
    CHECK(shop.database.ask("SELECT to_regclass('a') IS NULL") == "t");
    CHECK(run.controller.running());
}

TEST_CASE("a Migration that is made anew during its predecessor's run neither waits for it nor gets its status") {
    const RunAtGate run;
    const auto& shop = run.shop;
    shop.ns.remove("pgmig", "shop");
    shop.apply({{"2_b.sql", "CREATE TABLE b (x int);"}});
    REQUIRE(shop.becomes("Ready", "True/UpToDate"));
    CHECK(shop.history() == "2_b");
    CHECK(shop.status()["appliedCount"] == 1);
    CHECK(shop.status()["failures"] == 0);
}

TEST_CASE("a Migration that somebody keeps from being deleted has its run ended all the same") {
    const RunAtGate run;
    const auto& shop = run.shop;
    kubectl(R"(patch pgmig shop --type merge -p '{"metadata":{"finalizers":["example.com/keep"]}}' -n )" +
            shop.ns.name());
    shop.ns.remove("pgmig", "shop");
    CHECK(shop.becomes("Ready", "False/Terminating"));
    CHECK(shop.runs() == "0");
    CHECK_FALSE(shop.status().contains("running"));
    kubectl(R"(patch pgmig shop --type merge -p '{"metadata":{"finalizers":null}}' -n )" + shop.ns.name());
}

TEST_CASE("an API server that does not answer during a run costs it neither its lock nor its status") {
    const Shop shop;
    const ControllerProcess controller;
    auto holder = hold_lock(shop, 4242);
    shop.apply({{"1_a.sql", "CREATE TABLE a (x int);"}, {"2_b.sql", "SELECT pg_sleep(5);"}, {"3_c.sql", "SELECT 1;"}},
               {{"lock", {{"key", 4242}}}});
    REQUIRE(shop.becomes("Reconciling", "True/WaitingForLock"));
    {
        // The run gets the lock while nobody takes its status: more than 3 s of silence would cost the session.
        const PausedService paused("apiserver");
        holder.query("SELECT pg_advisory_unlock(4242)");
        CHECK(eventually([&] { return shop.history() == "1_a 2_b 3_c"; }, std::chrono::seconds(60)));
    }
    REQUIRE(shop.becomes("Ready", "True/UpToDate"));
    CHECK(shop.status()["failures"] == 0);
    CHECK(shop.status()["appliedCount"] == 3);
    CHECK_FALSE(shop.status().contains("lock"));
}

TEST_CASE("a script that failed while the API server was away is not run again when it is back") {
    const Shop shop;
    const ControllerProcess controller;
    shop.database.run("CREATE SEQUENCE tries");
    auto gatekeeper = shop.close_gate();
    shop.apply({{"1_a.sql", "SELECT nextval('tries'); SELECT * FROM gate; SELECT 1/0;"}});
    REQUIRE(shop.is_at_gate());
    {
        const PausedService paused("apiserver");
        gatekeeper.query("ROLLBACK");
        CHECK(eventually([&] { return shop.runs() == "0"; }));
    }
    REQUIRE(shop.becomes("Stalled", "True/ScriptFailed"));
    CHECK(shop.database.ask("SELECT last_value FROM tries") == "1");
}
