#include "support/controller_process.hpp"
#include "support/kubectl.hpp"
#include "support/requirements.hpp"
#include "support/temporary_database.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::tests;
using nlohmann::json;

namespace {

const json scripts{{"0001_customers.up.sql", "CREATE TABLE customers (id int PRIMARY KEY);"},
                   {"0001_customers.down.sql", "DROP TABLE customers;"},
                   {"0002_orders.up.sql", "CREATE TABLE orders (id int PRIMARY KEY);"}};

const json from_config_map{{"source", {{"configMaps", json::array({{{"name", "scripts"}}})}}},
                           {"retry", {{"initialDelay", "500ms"}, {"maxDelay", "1s"}}}};

/// A namespace with a Secret, a ConfigMap and a Migration `shop` for a database of its own.
struct Shop {
    TemporaryDatabase database;
    TemporaryNamespace ns;

    void install() const {
        ns.apply_secret("db", database.url());
        ns.apply_config_map("scripts", scripts);
        ns.apply(migration("shop", "db", from_config_map));
    }
    json shop() const { return ns.get("pgmig", "shop"); }
    bool becomes(const std::string& type, const std::string& expected, int seconds = 20) const {
        return ns.becomes("shop", type, expected, std::chrono::seconds(seconds));
    }
    std::string history() const {
        return database.ask("SELECT string_agg(version, ' ' ORDER BY applied_at) FROM lockkeeper_history");
    }
};

json with(json files, const std::string& name, const json& text) {
    files[name] = text;
    return files;
}

}  // namespace

TEST_CASE("a Migration becomes Ready, and its status says what the database has") {
    const Shop shop;
    const ControllerProcess controller;
    shop.install();
    CHECK(kubectl("wait --for=condition=Ready pgmig/shop --timeout=20s -n " + shop.ns.name()).exit_code == 0);
    const auto object = shop.shop();
    const auto& status = object["status"];
    CHECK(condition(object, "Ready") == "True/UpToDate");
    CHECK(condition(object, "Reconciling") == "none");
    CHECK(condition(object, "Stalled") == "none");
    CHECK(status["observedGeneration"] == object["metadata"]["generation"]);
    CHECK(status["currentVersion"] == "0002_orders");
    CHECK(status["appliedCount"] == 2);
    CHECK(status["pendingCount"] == 0);
    CHECK(status["historyTable"] == "public.lockkeeper_history");
    CHECK(status["history"][0]["version"] == "0002_orders");
    CHECK(status.contains("lastAppliedTime"));
    CHECK(shop.history() == "0001_customers 0002_orders");
    CHECK_THAT(kubectl("get pgmig -n " + shop.ns.name()).output,
               Catch::Contains("UpToDate") && Catch::Contains("0002_orders"));
}

TEST_CASE("layout, baseline and policies of a Migration are those of its run") {
    const Shop shop;
    const ControllerProcess controller;
    shop.database.run("CREATE TABLE customers (id int)");
    shop.ns.apply_secret("db", shop.database.url());
    json spec{{"source",
               {{"inline",
                 {{"V1__customers.sql", "CREATE TABLE customers (id int);"},
                  {"V2__orders.sql", "CREATE TABLE orders (id int);"},
                  {"R__names.sql", "CREATE OR REPLACE VIEW names AS SELECT id FROM customers;"}}}}},
              {"layout", "Flyway"},
              {"baseline", "1"}};
    shop.ns.apply(migration("shop", "db", spec));
    REQUIRE(shop.becomes("Ready", "True/UpToDate"));
    CHECK(shop.history() == "1 2 R__names");
    CHECK(shop.shop()["status"]["currentVersion"] == "2");

    spec["source"]["inline"]["V1__customers.sql"] = "CREATE TABLE customers (id bigint);";
    shop.ns.apply(migration("shop", "db", spec));
    REQUIRE(shop.becomes("Stalled", "True/ChecksumMismatch"));
    spec["policy"] = {{"checksumMismatch", "Warn"}};
    shop.ns.apply(migration("shop", "db", spec));
    REQUIRE(shop.becomes("Ready", "True/UpToDate"));

    spec["layout"] = "Goose";
    spec["source"]["inline"] = {{"1_a.sql", "SELECT 1;"}};
    shop.ns.apply(migration("shop", "db", spec));
    CHECK(shop.becomes("Stalled", "True/InvalidSource"));
    CHECK_THAT(shop.shop()["status"]["lastError"]["message"].get<std::string>(),
               Catch::Contains("'1_a.sql' has no line '-- +goose Up'"));
}

TEST_CASE("a new script in the ConfigMap is applied within a second of the change") {
    const Shop shop;
    const ControllerProcess controller;
    shop.install();
    REQUIRE(shop.becomes("Ready", "True/UpToDate"));
    shop.ns.apply_config_map("scripts", with(scripts, "0003_items.up.sql", "CREATE TABLE items (id int);"));
    CHECK(
        eventually([&] { return shop.history() == "0001_customers 0002_orders 0003_items"; }, std::chrono::seconds(1)));
    CHECK(eventually([&] { return shop.shop()["status"]["currentVersion"] == "0003_items"; }, std::chrono::seconds(2)));
}

TEST_CASE("scripts that leave the source are reported and nothing is rolled back") {
    const Shop shop;
    const ControllerProcess controller;
    shop.install();
    REQUIRE(shop.becomes("Ready", "True/UpToDate"));
    shop.ns.apply_config_map("scripts", {{"0001_customers.up.sql", scripts["0001_customers.up.sql"]}});
    CHECK(eventually([&] { return shop.shop()["status"]["missingCount"] == 1; }));
    CHECK(condition(shop.shop(), "Ready") == "True/UpToDate");
    CHECK_THAT(shop.shop()["status"].dump(), Catch::Contains("0002_orders"));
    shop.ns.apply_config_map("scripts", nullptr);
    CHECK(eventually([&] { return shop.shop()["status"]["missingCount"] == 2; }));
    CHECK(shop.history() == "0001_customers 0002_orders");
    CHECK(shop.database.ask("SELECT to_regclass('orders') IS NOT NULL") == "t");
}

TEST_CASE("a broken script stalls with its place, leaves nothing behind, and heals with the ConfigMap") {
    const Shop shop;
    const ControllerProcess controller;
    shop.install();
    REQUIRE(shop.becomes("Ready", "True/UpToDate"));
    shop.ns.apply_config_map(
        "scripts", with(scripts, "0003_items.up.sql", "CREATE TABLE items (id int);\nINSERT INTO itms VALUES (1);"));
    REQUIRE(shop.becomes("Stalled", "True/ScriptFailed"));
    const auto object = shop.shop();
    CHECK(condition(object, "Ready") == "False/ScriptFailed");
    CHECK(condition(object, "Reconciling") == "none");
    const auto& error = object["status"]["lastError"];
    CHECK(error["file"] == "0003_items.up.sql");
    CHECK(error["line"] == 2);
    CHECK(error["column"] == 13);
    CHECK(error["statement"] == 2);
    CHECK(error["sqlstate"] == "42P01");
    CHECK(error["version"] == "0003_items");
    CHECK_FALSE(object["status"].contains("nextRetryTime"));
    CHECK(shop.database.ask("SELECT to_regclass('items') IS NULL") == "t");

    shop.ns.apply_config_map("scripts", with(scripts, "0003_items.up.sql", "CREATE TABLE items (id int);"));
    CHECK(shop.becomes("Ready", "True/UpToDate"));
    CHECK(condition(shop.shop(), "Stalled") == "none");
    CHECK_FALSE(shop.shop()["status"].contains("lastError"));
}

TEST_CASE("a wrong password is progressing with its cause, and a rotated one heals by the next retry") {
    const Shop shop;
    const ControllerProcess controller;
    shop.install();
    auto wrong = shop.database.url();
    wrong.replace(wrong.find("postgres:") + 9, 3, "bad");
    shop.ns.apply_secret("db", wrong);
    shop.ns.apply(migration("second", "db", with(from_config_map, "history", {{"table", "second"}})));
    const auto second = [&] { return shop.ns.get("pgmig", "second"); };
    REQUIRE(shop.ns.becomes("second", "Reconciling", "True/AccessDenied"));
    CHECK(condition(second(), "Stalled") == "none");
    CHECK(second()["status"].contains("nextRetryTime"));
    shop.ns.apply_secret("db", shop.database.url());
    CHECK(eventually(
        [&] { return condition(second(), "Ready") == "True/UpToDate" || condition(second(), "Stalled") != "none"; }));
}

TEST_CASE("a database that does not exist yet is waited for") {
    const Shop shop;
    const ControllerProcess controller;
    const auto later = shop.database.name() + "_later";
    shop.install();
    shop.ns.apply_secret("db", with_database(shop.database.url(), later));
    shop.ns.apply(migration("second", "db", from_config_map));
    REQUIRE(shop.ns.becomes("second", "Reconciling", "True/DatabaseNotFound"));
    CHECK(condition(shop.ns.get("pgmig", "second"), "Stalled") == "none");
    connect_to_maintenance_database().query("CREATE DATABASE " + later);
    CHECK(shop.ns.becomes("second", "Ready", "True/UpToDate"));
    shop.ns.remove("pgmig", "second");
    connect_to_maintenance_database().query("DROP DATABASE " + later + " WITH (FORCE)");
}

TEST_CASE("a missing Secret and a missing ConfigMap are waited for") {
    const Shop shop;
    const ControllerProcess controller;
    shop.ns.apply(migration("shop", "db", from_config_map));
    REQUIRE(shop.becomes("Reconciling", "True/SourceNotFound"));
    shop.ns.apply_config_map("scripts", scripts);
    REQUIRE(shop.becomes("Reconciling", "True/SecretNotFound"));
    shop.ns.apply_secret("db", shop.database.url());
    CHECK(shop.becomes("Ready", "True/UpToDate"));
}

TEST_CASE("a stopped PostgreSQL is waited for") {
    const Shop shop;
    require_local_services();
    control_service("stop", "postgres");
    const ControllerProcess controller;
    shop.install();
    CHECK(shop.becomes("Reconciling", "True/DatabaseUnreachable"));
    CHECK(condition(shop.shop(), "Stalled") == "none");
    control_service("start", "postgres");
    CHECK(shop.becomes("Ready", "True/UpToDate"));
}

TEST_CASE("connection parameters that would act on the controller are refused and never used") {
    const Shop shop;
    const ControllerProcess controller;
    shop.ns.apply_config_map("scripts", scripts);
    for (const std::string parameter :
         {"passfile=/etc/passwd", "sslkey=/etc/shadow", "service=x", "host=/run/postgresql", "options=-crole=x"}) {
        INFO(parameter);
        shop.ns.apply_secret("db", "host=127.0.0.1 dbname=d user=u password=S3cretParameter " + parameter);
        shop.ns.remove("pgmig", "shop");
        shop.ns.apply(migration("shop", "db", from_config_map));
        REQUIRE(shop.becomes("Ready", "False/InvalidConnection"));
        const auto text = shop.shop()["status"].dump();
        CHECK_THAT(text, Catch::Contains(parameter.substr(0, parameter.find('='))));
        CHECK_THAT(text, !Catch::Contains("S3cretParameter"));
    }
}

TEST_CASE("a Secret of another namespace cannot be named") {
    const Shop shop;
    const TemporaryNamespace other;
    const ControllerProcess controller;
    other.apply_secret("db", shop.database.url());
    shop.ns.apply_config_map("scripts", scripts);
    shop.ns.apply(migration("shop", "db", from_config_map));
    CHECK(shop.becomes("Reconciling", "True/SecretNotFound"));
    CHECK_FALSE(shop.ns.refusal_of(migration("escape", other.name() + "/db", from_config_map)).empty());
    CHECK_FALSE(shop.ns.refusal_of(migration("escape", "../" + other.name() + "/secrets/db", from_config_map)).empty());
}

TEST_CASE("suspended, nothing starts, and resumed, it runs") {
    const Shop shop;
    const ControllerProcess controller;
    shop.ns.apply_secret("db", shop.database.url());
    shop.ns.apply_config_map("scripts", scripts);
    shop.ns.apply(migration("shop", "db", with(from_config_map, "suspend", true)));
    CHECK(shop.becomes("Ready", "False/Suspended"));
    CHECK(shop.database.ask("SELECT to_regclass('customers') IS NULL") == "t");
    shop.ns.apply(migration("shop", "db", from_config_map));
    CHECK(shop.becomes("Ready", "True/UpToDate"));
}

TEST_CASE("session, locks and transaction of a Migration are those of its run") {
    const Shop shop;
    const ControllerProcess controller;
    shop.ns.apply_secret("db", shop.database.url());
    json spec{
        {"source",
         {{"inline",
           {{"1_a.sql",
             "CREATE TABLE seen AS SELECT current_user AS who, current_setting('search_path') AS path, "
             "current_setting('work_mem') AS memory, (SELECT string_agg(objid::text, ' ' ORDER BY objid) FROM "
             "pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS keys"},
            {"2_b.sql", "SELECT 1/0"}}}}},
        {"session", {{"role", "pg_database_owner"}, {"searchPath", {"public"}}, {"parameters", {{"work_mem", "3MB"}}}}},
        {"lock", {{"key", 41}, {"alsoHold", {42}}}},
        {"transaction", "Run"}};
    shop.ns.apply(migration("shop", "db", spec));
    CHECK(shop.becomes("Stalled", "True/ScriptFailed"));
    CHECK(shop.database.ask("SELECT to_regclass('seen') IS NULL") == "t");
    spec["source"]["inline"]["2_b.sql"] = "SELECT 1";
    shop.ns.apply(migration("shop", "db", spec));
    CHECK(shop.becomes("Ready", "True/UpToDate"));
    CHECK(shop.database.ask("SELECT concat_ws('|', who, path, memory, keys) FROM seen") ==
          "pg_database_owner|public|3MB|41 42");
    spec["session"]["role"] = "nobody_here";
    spec["source"]["inline"]["3_c.sql"] = "SELECT 1";
    shop.ns.apply(migration("shop", "db", spec));
    CHECK(shop.becomes("Reconciling", "True/SettingRefused"));
    CHECK(condition(shop.shop(), "Stalled") == "none");
}

TEST_CASE("Migrations of one database that come together share a few sessions, and leave none") {
    const TemporaryDatabase database;
    const TemporaryNamespace ns;
    database.run("CREATE TABLE sessions (pid int, name text)");
    ns.apply_secret("db", database.url());
    const json files{
        {"1_a.up.sql", "INSERT INTO sessions SELECT pg_backend_pid(), current_setting('application_name');"}};
    auto items = json::array();
    for (int number = 0; number < 30; ++number) {
        const auto name = "m" + std::to_string(number);
        items.push_back(
            migration(name, "db", {{"source", {{"inline", files}}}, {"history", {{"table", "history_" + name}}}}));
    }
    ns.apply({{"apiVersion", "v1"}, {"kind", "List"}, {"items", items}});
    const ControllerProcess controller({"--workers", "2"});
    REQUIRE(eventually([&] { return database.ask("SELECT count(*) FROM sessions") == "30"; }));
    CHECK(database.ask("SELECT count(DISTINCT name) FROM sessions") == "30");
    const auto sessions = database.ask("SELECT count(DISTINCT pid) FROM sessions");
    INFO(sessions << " sessions");
    CHECK(std::stoi(sessions) < 10);
    CHECK(eventually(
        [&] {
            return database.ask(
                       "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'lockkeeper:%' AND "
                       "datname = current_database()") == "0";
        },
        std::chrono::seconds(2)));
}
