#include "postgres/connection.hpp"
#include "support/requirements.hpp"
#include "support/temporary_database.hpp"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

using namespace lockkeeper;
using namespace lockkeeper::postgres;

namespace {

std::string sqlstate_of_connecting(const std::string& url) {
    try {
        Connection::open(ConnectionUrl::parse(url, UrlTrust::Tenant), {});
    } catch (const ConnectError& error) {
        CHECK_THAT(error.what(), !Catch::Contains("S3cret"));
        return error.sqlstate().empty() ? "none" : error.sqlstate();
    }
    return "connected";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
}

/// The memory of this process, in MiB.
std::size_t resident_mib() {
    std::size_t total = 0;
    std::size_t resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) >> 20U;
}

}  // namespace

TEST_CASE("a refused connection says by SQLSTATE why") {
    const tests::TemporaryDatabase database;
    CHECK(sqlstate_of_connecting(tests::with_database(database.url(), "no_such_database")) == "3D000");
    const auto at = database.url().find('@');
    const auto user = database.url().find("//") + 2;
    CHECK(sqlstate_of_connecting(replaced(database.url(), database.url().substr(user, at - user), "postgres:S3cret")) ==
          "28P01");
    CHECK(sqlstate_of_connecting("postgresql://u:S3cret@127.0.0.1:1/d") == "none");
}

TEST_CASE("a server that takes the connection and says nothing is given up in time") {
    // PostgreSQL is not asked here: the listening socket is the test's own.
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener, 1) == 0);
    socklen_t size = sizeof address;
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    const auto url = ConnectionUrl::parse("host=127.0.0.1 dbname=d port=" + std::to_string(ntohs(address.sin_port)),
                                          UrlTrust::Tenant);
    CHECK_THROWS_AS(Connection::open(url, {.connect_timeout = std::chrono::milliseconds(200), .stop = {}}),
                    ConnectError);

    std::stop_source stop;
    std::jthread later([&] { stop.request_stop(); });
    CHECK_THROWS_AS(Connection::open(url, {.connect_timeout = std::chrono::seconds(30), .stop = stop.get_token()}),
                    Interrupted);
    ::close(listener);
}

TEST_CASE("a stop request cancels the running statement and leaves the session usable") {
    const tests::TemporaryDatabase database;
    std::stop_source stop;
    auto connection =
        Connection::open(database.connection_url(), {.application_name = "victim", .stop = stop.get_token()});
    std::jthread later([&] {
        while (database.ask("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND "
                            "state='active' AND application_name='victim'") != "1") {
            std::this_thread::yield();
        }
        stop.request_stop();
    });
    const auto begin = std::chrono::steady_clock::now();
    CHECK_THROWS_AS(connection.query("SELECT pg_sleep(30)"), Interrupted);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
    CHECK_THROWS_AS(connection.query("SELECT 1"), Interrupted);
    connection.leave_within(std::chrono::seconds(5));
    CHECK(connection.query("SELECT 1").text(0, 0) == "1");
}

TEST_CASE("a stop request among the rows of a COPY ends it and leaves the session usable") {
    const tests::TemporaryDatabase database;
    database.run("CREATE TABLE t (a text)");
    std::string rows;
    for (int row = 0; row < 8'000'000; ++row) rows += "1234567\n";
    std::stop_source stop;
    auto connection =
        Connection::open(database.connection_url(), {.application_name = "victim", .stop = stop.get_token()});
    std::jthread later([&] {
        while (
            database.ask("SELECT coalesce(max(bytes_processed), 0) > 1000000 FROM pg_stat_progress_copy WHERE datname "
                         "= current_database()") != "t") {
            std::this_thread::yield();
        }
        stop.request_stop();
    });
    CHECK_THROWS_AS(connection.copy_in("COPY t FROM STDIN", rows), Interrupted);
    connection.leave_within(std::chrono::seconds(5));
    CHECK(connection.query("SELECT count(*) FROM t").text(0, 0) == "0");
}

TEST_CASE("a session that the server ends is lost, not refused") {
    const tests::TemporaryDatabase database;
    auto connection = database.connect();
    CHECK_THROWS_AS(connection.query("SELECT pg_terminate_backend(pg_backend_pid())"), ConnectionLost);
    CHECK_THROWS_AS(connection.query("SELECT 1"), ConnectionLost);
}

TEST_CASE("a refused statement says where in the message it stands and how many completed before it") {
    const tests::TemporaryDatabase database;
    auto connection = database.connect();
    try {
        connection.query("SELECT 1; SELECT 'ä', nope");
        FAIL("the server accepted a column that does not exist");
    } catch (const CommandError& error) {
        CHECK(error.sqlstate() == "42703");
        CHECK(error.fields().position == 22);
        CHECK(error.fields().completed == 1);
    }
    CHECK(connection.query("SELECT 2").text(0, 0) == "2");
}

TEST_CASE("an error message holds no value of a row") {
    const tests::TemporaryDatabase database;
    auto connection = database.connect();
    for (const std::string sql :
         {"SELECT 'S3cret'::int", "CREATE TABLE t (a text PRIMARY KEY); INSERT INTO t VALUES ('S3cret'), ('S3cret')",
          "SELECT 'S3cret'::timestamptz", "SELECT '{\"a\": S3cret}'::json"}) {
        INFO(sql);
        try {
            connection.query(sql);
            FAIL("accepted");
        } catch (const CommandError& error) {
            CHECK_THAT(error.what(), !Catch::Contains("S3cret"));
            CHECK_THAT(error.fields().hint, !Catch::Contains("S3cret"));
        }
    }
}

TEST_CASE("rows are imported by COPY, and an import that nobody gives rows to fails") {
    const tests::TemporaryDatabase database;
    auto connection = database.connect();
    connection.query("CREATE TABLE t (a text)");
    connection.copy_in("COPY t FROM STDIN", "one\ntwo\n");
    CHECK(connection.query("SELECT count(*) FROM t").integer(0, 0) == 2);
    CHECK_THROWS_AS(connection.query("COPY t FROM STDIN"), CommandError);
    CHECK(connection.query("SELECT count(*) FROM t").integer(0, 0) == 2);
}

TEST_CASE("a large message and large rows go through without blocking") {
    const tests::TemporaryDatabase database;
    auto connection = database.connect();
    const std::string large(20'000'000, 'x');  // NOLINT(bugprone-string-constructor)
    CHECK(connection.query("SELECT length('" + large + "')").integer(0, 0) == 20'000'000);
    connection.query("CREATE TABLE t (a text)");
    connection.copy_in("COPY t FROM STDIN", large + "\n");
    CHECK(connection.query("SELECT length(a) FROM t").integer(0, 0) == 20'000'000);
}

TEST_CASE("rows that the server does not read yet are not copied meanwhile") {
    const tests::TemporaryDatabase database;
    database.run(
        "CREATE TABLE t (a text); CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM "
        "pg_sleep(1); RETURN NEW; END$$; CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.a = 'slow') "
        "EXECUTE FUNCTION dawdle()");
    std::string rows = "slow\n";
    while (rows.size() < 64'000'000) rows += std::string(1'000, 'x') + "\n";
    auto connection = database.connect();
    const auto before = resident_mib();
    auto most = before;
    std::size_t looks = 0;
    connection.while_waiting(std::chrono::milliseconds(50), [&] {
        ++looks;
        most = std::max(most, resident_mib());
    });
    connection.copy_in("COPY t FROM STDIN", rows);
    CHECK(looks > 0);
    CHECK(most <= before + 16);
}

TEST_CASE("on the way out a server that does not answer in time counts as lost") {
    const tests::TemporaryDatabase database;
    auto connection = database.connect();
    connection.leave_within(std::chrono::milliseconds(50));
    CHECK_THROWS_AS(connection.query("SELECT pg_sleep(30)"), postgres::ConnectionLost);
}

TEST_CASE("a session that goes on proves itself in front of its first query, and no more") {
    const tests::TemporaryDatabase database;
    auto connection = database.connect();
    const std::chrono::milliseconds patience{500};
    connection.begin_anew({.stop = {}}, {{"CREATE TABLE proof (a int)", "SELECT 'proof'"}, patience});
    std::string told;
    connection.query_each("SELECT 'first'; SELECT 'second'", [&](const Result& result) { told += result.text(0, 0); });
    CHECK(told == "firstsecond");
    CHECK(connection.query("SELECT count(*) FROM proof, pg_sleep(0.6)").integer(0, 0) == 0);

    connection.begin_anew({.stop = {}}, {{"SELECT 'prüf'"}, patience});
    try {
        connection.query("SELECT 1; SELECT oops");
        FAIL("an unknown column was found");
    } catch (const CommandError& error) {
        CHECK(error.fields().completed == 1);
        CHECK(error.fields().position == 17);
    }

    connection.begin_anew({.stop = {}}, {{"SELECT 1 / 0"}, patience});
    CHECK_THROWS_AS(connection.copy_in("COPY proof FROM STDIN", "1\n"), StaleSession);

    connection.begin_anew({.stop = {}}, {{"SELECT 1 / 0"}, patience});
    CHECK_THROWS_AS(connection.query("CREATE TABLE t (a int)"), StaleSession);
    CHECK(database.ask("SELECT to_regclass('t') IS NULL") == "t");

    connection.begin_anew({.stop = {}}, {{"SELECT pg_sleep(30)"}, patience});
    CHECK_THROWS_AS(connection.query("CREATE TABLE t (a int)"), StaleSession);
}
