// Statements that are sent without waiting for the answers between them.
#include "postgres/connection.hpp"
#include "support/temporary_database.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <optional>
#include <thread>

using namespace lockkeeper;
using namespace std::chrono_literals;
using postgres::CommandError;
using postgres::Connection;
using postgres::Result;
using tests::TemporaryDatabase;
using Batches = std::vector<Connection::Batch>;

namespace {

CommandError error_of(Connection& connection, const Batches& batches, std::vector<std::string>* done = nullptr) {
    try {
        connection.query_ahead(batches, [&](const Result& last) {
            if (done != nullptr) done->emplace_back(last.command_tag());
        });
    } catch (const CommandError& error) {
        return error;
    }
    throw std::runtime_error("the server refused nothing");
}

}  // namespace

TEST_CASE("statements sent ahead run in order, and each batch tells its last result") {
    const TemporaryDatabase database;
    auto connection = database.connect();
    std::vector<std::string> done;
    connection.query_ahead({{"BEGIN", "CREATE TABLE t (a int);", "INSERT INTO t VALUES (1), (2)", "COMMIT"},
                            {"BEGIN", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "DELETE FROM t", "COMMIT"},
                            {"SELECT a FROM t"}},
                           [&](const Result& last) { done.emplace_back(last.command_tag()); });
    CHECK(done == std::vector<std::string>{"COMMIT", "COMMIT", "SELECT 0"});
    CHECK(connection.query("SELECT count(*) FROM t").text(0, 0) == "0");
}

TEST_CASE("an error ends all that was sent behind it, and says where it is in its batch and statement") {
    const TemporaryDatabase database;
    auto connection = database.connect();
    std::vector<std::string> done;
    const auto error = error_of(connection,
                                {{"BEGIN", "CREATE TABLE t (a int)", "COMMIT"},
                                 {"BEGIN", "INSERT INTO t VALUES (1)", "SELECT 'ä', nope", "COMMIT"},
                                 {"BEGIN", "INSERT INTO t VALUES (2)", "COMMIT"},
                                 {"SELEC"}},
                                &done);
    CHECK(error.sqlstate() == "42703");
    CHECK(error.fields().completed == 2);
    CHECK(error.fields().position == 12);
    CHECK(done == std::vector<std::string>{"COMMIT"});
    connection.query("ROLLBACK");
    CHECK(connection.query("SELECT count(*) FROM t").text(0, 0) == "0");
    CHECK(error_of(connection, {{"SELECT 1", "SELECT $1::int"}}).sqlstate() == "08P01");
    CHECK(connection.query("SELECT 7").text(0, 0) == "7");
}

TEST_CASE("a batch is told of while those behind it still run") {
    const TemporaryDatabase database;
    auto holder = database.connect();
    holder.query("SELECT pg_advisory_lock(1)");
    auto connection = database.connect();
    connection.answer_until(std::chrono::steady_clock::now() + 30s);
    std::vector<std::string> done;
    connection.query_ahead({{"CREATE TEMP TABLE t (a int)"}, {"SELECT pg_advisory_lock(1)"}}, [&](const Result& last) {
        if (done.empty()) holder.query("SELECT pg_advisory_unlock(1)");
        done.emplace_back(last.command_tag());
    });
    CHECK(done == std::vector<std::string>{"CREATE TABLE", "SELECT 1"});
}

TEST_CASE("a stop cancels the statement that runs, and those behind it do not run") {
    const TemporaryDatabase database;
    database.run("CREATE TABLE t (a int)");
    std::stop_source stop;
    auto connection = Connection::open(database.connection_url(), {.stop = stop.get_token()});
    const Batches batches{{"BEGIN", "INSERT INTO t VALUES (1)", "COMMIT"},
                          {"BEGIN", "SELECT pg_sleep(600)", "COMMIT"},
                          {"BEGIN", "INSERT INTO t VALUES (2)", "COMMIT"}};
    const auto begin = std::chrono::steady_clock::now();
    CHECK_THROWS_AS(connection.query_ahead(batches, [&](const Result&) { stop.request_stop(); }),
                    postgres::Interrupted);
    CHECK(std::chrono::steady_clock::now() - begin < 10s);
    CHECK(database.ask("SELECT string_agg(a::text, ' ') FROM t") == "1");
    // The session is there still, for whoever has something to put right.
    connection.leave_within(5s);
    connection.query("ROLLBACK");
    CHECK(connection.query("SELECT 7").text(0, 0) == "7");
    CHECK_THROWS_AS(database.connect().query_ahead({{"SELECT 1"}, {"SELECT pg_terminate_backend(pg_backend_pid())"}},
                                                   [](const Result&) {}),
                    postgres::ConnectionLost);
}

TEST_CASE("the shortest exchange is what the quickest answer took") {
    const TemporaryDatabase database;
    auto connection = database.connect();
    CHECK(connection.shortest_exchange() == std::chrono::steady_clock::duration::max());
    connection.query("SELECT pg_sleep(0.05)");
    const auto slow = connection.shortest_exchange();
    CHECK(slow >= 50ms);
    connection.query("SELECT pg_sleep(0.02)");
    const auto quick = connection.shortest_exchange();
    CHECK(quick >= 20ms);
    CHECK(quick <= slow);
    connection.query("SELECT pg_sleep(0.05)");
    CHECK(connection.shortest_exchange() == quick);
}
