// A session that a run is done with goes on to the next run of the same connection string, and nothing goes with it.
#include "engine/spare_sessions.hpp"
#include "support/cutting_proxy.hpp"
#include "support/ordinary_role.hpp"
#include "support/pgbouncer.hpp"
#include "support/run.hpp"
#include "support/sanitized.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <stop_token>
#include <thread>

using namespace lockkeeper;
using namespace std::chrono_literals;
using tests::Files;
using tests::outcome_of;
using tests::TemporaryDatabase;

namespace {

/// Runs with their own history each, as Migrations of one database have.
class Runs {
  public:
    explicit Runs(const TemporaryDatabase& database) : url(database.connection_url()), database_(database) {}

    std::string migrate(const std::string& name, const std::string& sql) { return outcome_of(run(name, sql)); }

    migration::RunReport run(const std::string& name, const std::string& sql) {
        engine::RunListener listener;
        auto migrator = migrator_of(name);
        return migrator.migrate(scripts(name, sql), {}, listener, stop.get_token());
    }
    engine::Migrator::Inspection inspect(const std::string& name, const std::string& sql) {
        auto migrator = migrator_of(name);
        return migrator.inspect(scripts(name, sql), {}, stop.get_token());
    }

    /// Sessions of runs that are there, each by its name.
    std::string sessions() const {
        return database_.ask(
            "SELECT coalesce(string_agg(application_name, ' ' ORDER BY application_name), 'none') FROM "
            "pg_stat_activity WHERE application_name LIKE 'lockkeeper:%' AND datname = current_database()");
    }
    /// For the server takes its time to end one. That is not as long as it lets one be idle, 3 s.
    std::string sessions_once(const std::string& expected, std::chrono::seconds patience = 1s) const {
        const auto begin = std::chrono::steady_clock::now();
        while (sessions() != expected && std::chrono::steady_clock::now() - begin < patience) {
            std::this_thread::sleep_for(20ms);
        }
        return sessions();
    }

    postgres::ConnectionUrl url;
    engine::SessionSettings session;
    std::stop_source stop;
    std::atomic<bool> others_wait{true};
    engine::SpareSessions spares{[this] { return others_wait.load(); }};

  private:
    engine::Migrator migrator_of(const std::string& name) {
        engine::Migrator::Options options;
        options.history_table = {"public", "history_" + name};
        options.subject = name;
        options.session = session;
        return {url, options, clock_, &spares};
    }
    static migration::ScriptSet scripts(const std::string& name, const std::string& sql) {
        return migration::ScriptSet::read({{"1_" + name + ".sql", sql}});
    }

    const TemporaryDatabase& database_;
    engine::SystemClock clock_;
};

/// Notes the session that it runs in.
std::string note(const std::string& what = "pg_backend_pid() || ' ' || current_setting('application_name')") {
    return "CREATE TABLE IF NOT EXISTS public.seen (id serial, what text); INSERT INTO public.seen (what) SELECT " +
           what + ";";
}

/// What was noted, in order.
std::string noted(const TemporaryDatabase& database, const std::string& what) {
    return database.ask("SELECT string_agg(" + what + ", ', ' ORDER BY id) FROM seen");
}

/// Another connection string to the same database.
postgres::ConnectionUrl with_timeout(const std::string& url, const std::string& seconds) {
    return postgres::ConnectionUrl::parse(
        url + (url.find('?') == std::string::npos ? "?" : "&") + "connect_timeout=" + seconds,
        postgres::UrlTrust::Owner);
}

constexpr auto number_of_sessions = "SELECT count(DISTINCT split_part(what, ' ', 1)) FROM seen";

}  // namespace

TEST_CASE("runs of one connection string share a session while others wait, each under its own name") {
    const TemporaryDatabase database;
    Runs runs(database);
    CHECK(runs.migrate("a", note()) == "done");
    CHECK(runs.migrate("b", note()) == "done");
    CHECK(runs.migrate("c", "-- lockkeeper:no-transaction\n" + note()) == "done");
    CHECK(runs.inspect("c", "-- lockkeeper:no-transaction\n" + note()).report.database->pending.empty());
    CHECK(runs.migrate("d", note() + note()) == "done");
    CHECK(database.ask(number_of_sessions) == "1");
    CHECK(noted(database, "split_part(what, ' ', 2)") ==
          "lockkeeper:a, lockkeeper:b, lockkeeper:c, lockkeeper:d, lockkeeper:d");
    CHECK(database.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM "
                       "pg_database WHERE datname = current_database())") == "0");
    runs.spares.close();
    CHECK(runs.sessions_once("none") == "none");
}

TEST_CASE("where nothing waits a run ends its session") {
    const TemporaryDatabase database;
    Runs runs(database);
    runs.others_wait = false;
    CHECK(runs.migrate("a", note()) == "done");
    CHECK(runs.sessions_once("none") == "none");
    runs.others_wait = true;
    CHECK(runs.migrate("b", note()) == "done");
    runs.others_wait = false;
    CHECK(runs.migrate("c", note()) == "done");
    CHECK(runs.sessions_once("none") == "none");
    CHECK(database.ask(number_of_sessions) == "2");
}

TEST_CASE("nothing of one run is left in the session of the next") {
    const TemporaryDatabase database;
    Runs runs(database);
    database.run(
        "CREATE SCHEMA hidden; CREATE TABLE t (x int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN PERFORM set_config('work_mem', '1MB', false), pg_advisory_lock(4711); LISTEN left_behind; "
        "PREPARE left_behind AS SELECT 1; RETURN NULL; END$$; CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f()");
    const std::string seen = note(
        "concat_ws('|', pg_backend_pid() || ' ', to_regclass('left_behind'), current_setting('search_path'), "
        "current_setting('work_mem'), current_setting('lock_timeout'), (SELECT count(*) FROM pg_prepared_statements), "
        "(SELECT count(*) FROM pg_listening_channels()), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' "
        "AND objid = 4711 AND pid = pg_backend_pid()), current_setting('idle_session_timeout'))");
    CHECK(runs.migrate("a", seen) == "done");
    runs.session.search_path = {"hidden"};
    runs.session.parameters = {{"enable_seqscan", "off"}};
    runs.session.lock_timeout = 7s;
    const bool in_transaction = GENERATE(true, false);
    CAPTURE(in_transaction);
    CHECK(runs.migrate("mess",
                       (in_transaction ? "" : "-- lockkeeper:no-transaction\n") +
                           std::string("CREATE TEMP TABLE left_behind (x int); INSERT INTO public.t VALUES (1);")) ==
          "done");
    runs.session = {};
    CHECK(runs.migrate("c", seen) == "done");
    CHECK(database.ask("SELECT count(*) || ' ' || count(DISTINCT what) FROM seen") == "2 1");
    CHECK_THAT(database.ask("SELECT what FROM seen LIMIT 1"), Catch::EndsWith("|4MB|5s|0|0|0|3s"));
}

TEST_CASE("a run that may leave more in its session than a reset reaches is followed by one in a new session") {
    const TemporaryDatabase database;
    Runs runs(database);
    const std::string tenant =
        note("pg_backend_pid() || ' ' || coalesce(current_setting('app.tenant', true), 'unset')");
    CHECK(runs.migrate("a", tenant) == "done");
    const auto sql =
        GENERATE(as<std::string>{}, "SELECT set_config('app.tenant', 'a', false);", "SET app.tenant = 'a';",
                 "SET LOCAL app.tenant = 'a';", "DO $$BEGIN SET app.tenant = 'a'; END$$;", "");
    CAPTURE(sql);
    if (sql.empty()) runs.session.parameters = {{"app.tenant", "a"}};
    CHECK(runs.migrate("b", sql + "CREATE TABLE b (x int);") == "done");
    runs.session.parameters.clear();
    CHECK(runs.migrate("c", tenant) == "done");
    CHECK(database.ask(number_of_sessions) == "2");
    CHECK(noted(database, "split_part(what, ' ', 2)") == "unset, unset");
}

TEST_CASE("a run that changes what new sessions begin with is followed by one in a new session") {
    const TemporaryDatabase database;
    Runs runs(database);
    const std::string seen = note("pg_backend_pid() || ' ' || current_setting('lockkeeper_test.shop', true)");
    const auto set_shop = [&](const std::string& value) {
        return "ALTER DATABASE \"" + database.name() + "\" SET lockkeeper_test.shop = '" + value + "';";
    };
    CHECK(runs.migrate("a", set_shop("open") + seen) == "done");
    CHECK(runs.migrate("b", seen) == "done");
    database.run(set_shop("closed"));  // by whomever
    CHECK(runs.migrate("c", seen) == "done");
    CHECK(runs.migrate("d", seen) == "done");
    CHECK(noted(database, "coalesce(split_part(what, ' ', 2), '')") == ", open, closed, closed");
    CHECK(database.ask(number_of_sessions) == "3");
}

TEST_CASE("the session of a run that failed is not used again") {
    const TemporaryDatabase database;
    Runs runs(database);
    CHECK(runs.migrate("a", note()) == "done");
    const bool in_script = GENERATE(true, false);
    CAPTURE(in_script);
    if (in_script) {
        CHECK(runs.migrate("b", "SELECT 1/0;") == "ScriptFailed 22012 1_b.sql:1:1 #1");
    } else {
        CHECK(runs.migrate("a", note() + note()) == "ChecksumMismatch 1_a.sql");
    }
    CHECK(runs.sessions_once("none") == "none");
    CHECK(runs.migrate("c", note()) == "done");
    CHECK(database.ask(number_of_sessions) == "2");
}

TEST_CASE("a spare that the server has ended is replaced, and the run knows nothing of it") {
    const TemporaryDatabase database;
    Runs runs(database);
    CHECK(runs.migrate("a", note()) == "done");
    database.run(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'lockkeeper:a' AND "
        "datname = current_database()");
    const bool is_look = GENERATE(false, true);
    CAPTURE(is_look);
    if (is_look) {
        CHECK(runs.inspect("a", note()).report.database->applied_count == 1);
        CHECK(runs.sessions() == "lockkeeper:a");
    } else {
        CHECK(runs.migrate("b", note()) == "done");
        CHECK(database.ask(number_of_sessions) == "2");
    }
}

TEST_CASE("a look at a database without a history leaves a session that goes on") {
    const TemporaryDatabase database;
    Runs runs(database);
    CHECK(runs.migrate("a", note()) == "done");
    CHECK(runs.inspect("b", note()).report.database->pending.size() == 1);
    CHECK(runs.migrate("c", note()) == "done");
    CHECK(database.ask(number_of_sessions) == "1");
}

TEST_CASE("a look at what is up to date is one message in a session that goes on") {
    const TemporaryDatabase database;
    Runs runs(database);
    const tests::CuttingProxy proxy(database.url());
    runs.url = postgres::ConnectionUrl::parse(proxy.url(), postgres::UrlTrust::Owner);
    CHECK(runs.migrate("a", note()) == "done");
    const auto before = proxy.messages(tests::CuttingProxy::Direction::ToServer);
    CHECK(runs.inspect("a", note()).report.succeeded());
    CHECK(proxy.messages(tests::CuttingProxy::Direction::ToServer) == before + 1);
    CHECK(runs.sessions() == "lockkeeper:a");
}

TEST_CASE("a spare whose link is cut or has fallen silent is replaced, and the run knows nothing of it") {
    using Cutting = tests::CuttingProxy;
    const auto manner = GENERATE(Cutting::Manner::Close, Cutting::Manner::Silence);
    std::size_t messages_of_first = 0;
    for (const bool is_cut : {false, true}) {
        const TemporaryDatabase database;
        Runs runs(database);
        const Cutting::Cut cut{Cutting::Direction::ToServer, messages_of_first, Cutting::Moment::After, manner};
        const Cutting proxy(database.url(), is_cut ? std::optional(cut) : std::nullopt);
        runs.url = postgres::ConnectionUrl::parse(proxy.url(), postgres::UrlTrust::Owner);
        CHECK(runs.migrate("a", note()) == "done");
        messages_of_first = proxy.messages(Cutting::Direction::ToServer);
        const auto begin = std::chrono::steady_clock::now();
        CHECK(runs.migrate("b", note()) == "done");
        CHECK(std::chrono::steady_clock::now() - begin < tests::promised_time);
        CHECK(proxy.has_cut() == is_cut);
        CHECK(database.ask(number_of_sessions) == (is_cut ? "2" : "1"));
    }
}

TEST_CASE("the server ends a spare that nobody takes or closes") {
    const TemporaryDatabase database;
    if (database.connect().server_version() < 140'000) return;
    Runs runs(database);
    const bool is_of_look = GENERATE(true, false);
    runs.others_wait = !is_of_look;
    CHECK(runs.migrate("a", note()) == "done");
    runs.others_wait = true;
    if (is_of_look) CHECK(runs.inspect("a", note()).report.succeeded());  // which itself needs no guards
    CHECK(runs.sessions_once("lockkeeper:a") == "lockkeeper:a");
    CHECK(runs.sessions_once("none", 10s) == "none");
}

TEST_CASE("another connection string gets another session, for which a spare is ended") {
    const TemporaryDatabase database;
    Runs runs(database);
    CHECK(runs.migrate("a", note()) == "done");
    for (int number = 1; number <= 6; ++number) {
        runs.url = with_timeout(database.url(), std::to_string(number + 10));
        CHECK(runs.migrate("b" + std::to_string(number), note()) == "done");
    }
    CHECK(database.ask(number_of_sessions) == "7");
    CHECK(runs.sessions_once("lockkeeper:b6") == "lockkeeper:b6");
}

TEST_CASE("where the server has no connection left, spares make room") {
    const TemporaryDatabase database;
    const tests::OrdinaryRole role(database, "CONNECTION LIMIT 1");
    Runs runs(database);
    CHECK(runs.migrate("a", note()) == "done");  // the older spare, that is ended first
    for (const std::string timeout : {"11", "12"}) {
        runs.url = with_timeout(role.url(), timeout);
        CHECK(runs.migrate("b" + timeout, "CREATE TABLE b" + timeout + " (x int);") == "done");
    }
    runs.spares.close();
}

TEST_CASE("a look behind a pooler in transaction mode leaves nothing in its backend") {
    const TemporaryDatabase database;
    Runs runs(database);
    const tests::PgBouncer pooler(database.url(), {.pool_mode = "transaction", .pool_size = 1});
    runs.url = postgres::ConnectionUrl::parse(pooler.url(), postgres::UrlTrust::Owner);
    CHECK(runs.inspect("a", note()).report.succeeded());
    auto next_client = postgres::Connection::open(runs.url, {.stop = {}});
    CHECK(next_client.query("SHOW idle_in_transaction_session_timeout").text(0, 0) == "0");
}

TEST_CASE("behind a pooler in session mode a session goes on as without one") {
    const TemporaryDatabase database;
    Runs runs(database);
    const tests::PgBouncer pooler(database.url(), {.pool_mode = "session", .pool_size = 1});
    runs.url = postgres::ConnectionUrl::parse(pooler.url(), postgres::UrlTrust::Owner);
    for (const auto* name : {"a", "b", "c"}) CHECK(runs.migrate(name, note()) == "done");
    CHECK(database.ask(number_of_sessions) == "1");
    CHECK(noted(database, "split_part(what, ' ', 2)") == "lockkeeper:a, lockkeeper:b, lockkeeper:c");
}

TEST_CASE("a run in a session that it was given ends when it is told to stop") {
    const TemporaryDatabase database;
    Runs runs(database);
    CHECK(runs.migrate("a", note()) == "done");
    runs.stop = std::stop_source();
    auto slow = std::async(std::launch::async, [&] { return runs.migrate("b", note() + "SELECT pg_sleep(60);"); });
    while (database.ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = "
                        "current_database()") == "0") {
        if (slow.wait_for(20ms) == std::future_status::ready) break;
    }
    runs.stop.request_stop();
    REQUIRE(slow.wait_for(tests::promised_time) == std::future_status::ready);
    CHECK(slow.get() == "Interrupted");
    CHECK(runs.sessions_once("none") == "none");
}

TEST_CASE("a session goes from run to run a hundred times at most") {
    const TemporaryDatabase database;
    Runs runs(database);
    for (int run = 0; run < 101; ++run) {
        auto session = runs.spares.take(runs.url, {.application_name = "lockkeeper:" + std::to_string(run)});
        session.connection.query(note());
        const auto farewell = runs.spares.farewell(session);
        if (engine::SpareSessions::make_as_new(session.connection, farewell)) {
            runs.spares.give_back(runs.url, std::move(session));
        }
    }
    CHECK(database.ask("SELECT string_agg(n::text, ' ' ORDER BY n) FROM (SELECT count(*) n FROM seen GROUP BY "
                       "split_part(what, ' ', 1)) AS counts") == "1 100");
}
