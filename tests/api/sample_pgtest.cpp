// The scripts of manifests/samples/shop, on a real PostgreSQL.
#include "migration/plan.hpp"
#include "support/run.hpp"
#include "support/temporary_database.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace lockkeeper;
using namespace lockkeeper::tests;

namespace {

Files shop_scripts() {
    Files files;
    for (const auto& entry :
         std::filesystem::directory_iterator(LOCKKEEPER_SOURCE_DIR "/manifests/samples/shop/migrations")) {
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        files.push_back({entry.path().filename().string(), text.str()});
    }
    return files;
}

migration::Goal back_to(const std::string& version) {
    return {version, migration::Rollback::Allow};
}

std::string relations_of(const TemporaryDatabase& database) {
    return database.ask(
        "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')");
}

}  // namespace

TEST_CASE("the shop's scripts go up, back down, and up again") {
    const TemporaryDatabase database;
    REQUIRE(outcome_of(migrate(database, shop_scripts())) == "done");
    CHECK(relations_of(database) == "customers lockkeeper_history monthly_sales order_items orders products");
    REQUIRE(outcome_of(migrate(database, shop_scripts(), back_to("0001_customers"))) == "done");
    CHECK(relations_of(database) == "customers lockkeeper_history");
    REQUIRE(outcome_of(migrate(database, shop_scripts())) == "done");
    CHECK(relations_of(database) == "customers lockkeeper_history monthly_sales order_items orders products");
}

TEST_CASE("the shop's scripts keep the data that is there") {
    const TemporaryDatabase database;
    REQUIRE(outcome_of(migrate(database, shop_scripts(), {"0004_order_items", migration::Rollback::Forbid})) == "done");
    database.run(
        "INSERT INTO customers (name, email) VALUES ('Ada King Lovelace', 'ada@example.org'), ('Prince', "
        "'p@example.org')");
    database.run("INSERT INTO orders (customer_id, status) VALUES (1, 'paid')");
    database.run("INSERT INTO order_items VALUES (1, 1, 2, 1290), (1, 2, 1, 890)");

    REQUIRE(outcome_of(migrate(database, shop_scripts())) == "done");
    CHECK(database.ask("SELECT total_cents FROM orders") == "3470");
    CHECK(database.ask("SELECT string_agg(given_name || '|' || family_name, ' ' ORDER BY id) FROM customers") ==
          "Ada King|Lovelace Prince|");
    CHECK(database.ask("SELECT sum(revenue_cents) FROM monthly_sales") == "3470");

    database.run("DELETE FROM order_items WHERE product_id = 2");
    CHECK(database.ask("SELECT total_cents FROM orders") == "2580");

    REQUIRE(outcome_of(migrate(database, shop_scripts(), back_to("0005_order_totals"))) == "done");
    CHECK(database.ask("SELECT string_agg(name, ' ' ORDER BY id) FROM customers") == "Ada King Lovelace Prince");
}
