// What an interrupted REINDEX … CONCURRENTLY leaves behind, by really interrupting one.
#include "support/run.hpp"
#include "support/runners.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <thread>

using namespace lockkeeper;
using namespace std::chrono_literals;
using tests::Files;
using tests::migrate;
using tests::outcome_of;
using tests::Process;
using tests::TemporaryDatabase;
using tests::TemporaryFolder;

namespace {

const std::string table =
    "CREATE TABLE orders (id int PRIMARY KEY, customer int, note text);"
    "INSERT INTO orders SELECT i, i / 2, 'x' FROM generate_series(1, 1000) i;"
    "CREATE INDEX by_customer ON orders (customer);";

/// All indexes of orders and of its TOAST table; the latter as `toast`, since its number is another each time.
std::string indexes_of(const TemporaryDatabase& database) {
    return database.ask(
        "SELECT string_agg(regexp_replace(c.relname, '^pg_toast_\\d+_index', 'toast') || CASE WHEN i.indisvalid THEN "
        "'' "
        "ELSE ' INVALID' END, ', ' ORDER BY c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE "
        "i.indrelid IN (SELECT unnest(ARRAY[oid, reltoastrelid]) FROM pg_class WHERE oid = 'orders'::regclass)");
}

/// In which of its waits a rebuild is to be interrupted.
enum class Wait {
    BeforeTheSwap,  ///< for an old snapshot: the new index is there, INVALID, as …_ccnew
    BehindTheSwap   ///< for whoever may still use the old index, which is INVALID by now and called …_ccold
};

/// A session that lets a rebuild get to one of its waits, and no further.
class Obstacle {
  public:
    Obstacle(const TemporaryDatabase& database, Wait wait) : database_(database), session_(database.connect()) {
        if (wait == Wait::BeforeTheSwap) {
            session_.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
            session_.query("SELECT 1");
        } else {
            session_.query("BEGIN");
            session_.query("LOCK TABLE orders IN ACCESS SHARE MODE");
        }
    }
    /// Until another session waits for this one, and no index is in the making that has not got so far.
    void await(const std::string& indexes) const {
        while (
            database_.ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = "
                          "'virtualxid'") != "1" ||
            indexes_of(database_) != indexes) {
            std::this_thread::sleep_for(2ms);
        }
    }
    void end() { session_.query("ROLLBACK"); }

  private:
    const TemporaryDatabase& database_;
    postgres::Connection session_;
};

void wait_until_alone(const TemporaryDatabase& database) {
    while (database.ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name "
                        "LIKE 'lockkeeper%'") != "0") {
        std::this_thread::sleep_for(5ms);
    }
}

struct Course {
    Wait wait;
    std::string rebuild;
    std::string remains;  ///< all indexes while the rebuild waits
};

/// A runner, a process of its own, whose rebuild waits as its course says.
struct WaitingRunner {
    TemporaryDatabase database;
    TemporaryFolder scripts;
    std::optional<Obstacle> obstacle;
    std::optional<Process> process;

    explicit WaitingRunner(const Course& course) {
        database.run(table);
        scripts.write("1_a.sql", course.rebuild + ";");
        obstacle.emplace(database, course.wait);
        process.emplace(tests::migrate_up_command(scripts.path("")), tests::database_variable(database.url()));
        obstacle->await(course.remains);
    }
};

const std::vector<Course> courses{
    {Wait::BeforeTheSwap, "REINDEX INDEX CONCURRENTLY by_customer",
     "by_customer, by_customer_ccnew INVALID, orders_pkey, toast"},
    {Wait::BehindTheSwap, "REINDEX INDEX CONCURRENTLY by_customer",
     "by_customer, by_customer_ccold INVALID, orders_pkey, toast"},
    {Wait::BeforeTheSwap, "REINDEX (CONCURRENTLY) TABLE public.orders",
     "by_customer, by_customer_ccnew INVALID, orders_pkey, orders_pkey_ccnew INVALID, toast, toast_ccnew INVALID"},
};

}  // namespace

TEST_CASE("a rebuild whose runner is killed leaves indexes INVALID, which the next run drops before it rebuilds") {
    for (const auto& course : courses) {
        INFO(course.rebuild << ": " << course.remains);
        WaitingRunner runner(course);
        runner.process->end(SIGKILL);
        wait_until_alone(runner.database);
        REQUIRE(indexes_of(runner.database) == course.remains);
        runner.obstacle->end();
        CHECK(outcome_of(migrate(runner.database, {{"1_a.sql", course.rebuild + ";"}})) == "done");
        CHECK(indexes_of(runner.database) == "by_customer, orders_pkey, toast");
    }
}

TEST_CASE("a rebuild whose session is terminated is tried again, with what it left behind dropped first") {
    for (const auto& course : courses) {
        INFO(course.rebuild << ": " << course.remains);
        WaitingRunner runner(course);
        runner.database.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
            "wait_event = 'virtualxid'");
        wait_until_alone(runner.database);
        if (course.wait == Wait::BeforeTheSwap) runner.obstacle->await(course.remains);  // and so no …_ccnew1 beside it
        runner.obstacle->end();
        const auto code = runner.process->wait();
        INFO(runner.process->log());
        CHECK(code == 0);
        CHECK(indexes_of(runner.database) == "by_customer, orders_pkey, toast");
    }
}

TEST_CASE("what a rebuild of someone else left behind is dropped, and nothing that is not its own") {
    const TemporaryDatabase database;
    const std::string long_name(63, 'n');
    database.run(table + "CREATE INDEX other ON orders (note); CREATE INDEX " + long_name + " ON orders (note, id)");
    for (const auto* name : {"by_customer_ccnew", "by_customer_ccold1", "other_ccnew", "broken"}) {
        database.run(std::string("CREATE INDEX ") + name + " ON orders (note)");
    }
    const auto shortened = std::string(57, 'n') + "_ccnew";
    database.run("CREATE INDEX " + shortened + " ON orders (note)");
    database.run(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid::regclass::text ~ '_cc(new|old)' OR "
        "indexrelid = 'broken'::regclass");
    CHECK(outcome_of(migrate(database, {{"1_a.sql", "REINDEX INDEX CONCURRENTLY by_customer;"}})) == "done");
    CHECK(indexes_of(database) == "broken INVALID, by_customer, " + shortened + " INVALID, " + long_name +
                                      ", orders_pkey, other, other_ccnew INVALID, toast");
    CHECK(outcome_of(migrate(database, {{"2_b.sql", "REINDEX INDEX CONCURRENTLY " + long_name + ";"}})) == "done");
    CHECK(indexes_of(database) ==
          "broken INVALID, by_customer, " + long_name + ", orders_pkey, other, other_ccnew INVALID, toast");
    CHECK(outcome_of(migrate(database, {{"3_c.sql", "REINDEX SCHEMA CONCURRENTLY public;"}})) == "done");
    CHECK(indexes_of(database) == "broken INVALID, by_customer, " + long_name + ", orders_pkey, other, toast");
}

TEST_CASE("an index that another session rebuilds at the moment is not dropped under it, but waited for") {
    const TemporaryDatabase database;
    database.run(table);
    auto builder = database.connect();
    std::jthread building;
    Obstacle obstacle(database, Wait::BeforeTheSwap);  // goes before the thread, which waits for it
    building = std::jthread([&] { builder.query("REINDEX INDEX CONCURRENTLY by_customer"); });
    obstacle.await("by_customer, by_customer_ccnew INVALID, orders_pkey, toast");
    engine::Migrator::Options options;
    options.session.statement_timeout = 20s;  // a drop would wait for the builder
    const auto report = migrate(database, {{"1_a.sql", "REINDEX INDEX CONCURRENTLY by_customer;"}}, {}, options);
    CHECK(outcome_of(report) == "TransactionConflict 1_a.sql:1:1 #1");
    CHECK(report.failure->message == "the index public.by_customer_ccnew is being built by pid " +
                                         std::to_string(builder.backend_pid()) + " at the moment");
    obstacle.end();
    building.join();
    CHECK(outcome_of(migrate(database, {{"1_a.sql", "REINDEX INDEX CONCURRENTLY by_customer;"}})) == "done");
    CHECK(indexes_of(database) == "by_customer, orders_pkey, toast");
}

TEST_CASE("a rebuild that fails leaves nothing INVALID behind") {
    const TemporaryDatabase database;
    database.run(table);
    // The index is marked as unique behind PostgreSQL's back, and its rows are not.
    database.run("UPDATE pg_index SET indisunique = true WHERE indexrelid = 'by_customer'::regclass");
    const auto report = migrate(database, {{"1_a.sql", "REINDEX INDEX CONCURRENTLY by_customer;"}});
    CHECK(outcome_of(report) == "ScriptFailed 23505 1_a.sql:1:1 #1");
    CHECK(indexes_of(database) == "by_customer, orders_pkey, toast");
}
