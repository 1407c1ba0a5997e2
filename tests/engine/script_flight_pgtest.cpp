// Scripts in flight: several under way at once must do, and say, what they do and say one by one.
#include "engine/migrator.hpp"
#include "support/disturbed_run.hpp"
#include "support/run.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <optional>
#include <thread>

using namespace lockkeeper;
using namespace std::chrono_literals;
using tests::Files;
using tests::migrate;
using tests::outcome_of;
using tests::TemporaryDatabase;

namespace {

engine::Migrator::Options flying(std::size_t scripts = 64) {
    return {.scripts_in_flight = scripts};
}
engine::Migrator::Options one_by_one() {
    return flying(1);
}

/// All that a failure says.
std::string words_of(const migration::RunReport& report) {
    if (!report.failure) return "done";
    const auto& failure = *report.failure;
    return outcome_of(report) + " | " + failure.version + " | " + failure.message + " | " + failure.hint + " | " +
           failure.excerpt;
}

/// What a run leaves behind: tables, and what the history says of each script but for times.
std::string remains_in(const TemporaryDatabase& database) {
    return database.ask(
        "SELECT concat_ws(E'\\n', (SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE "
        "schemaname = 'public'), (SELECT string_agg(script::text, ' ' ORDER BY script) FROM traces), (SELECT "
        "string_agg(concat_ws(' ', version, name, checksum, down_script, down_checksum, transactional, statements, "
        "statements_done, applied_by, source, direction, statement_begun, prefix), E'\\n' ORDER BY applied_at) FROM "
        "lockkeeper_history))");
}

/// Six scripts that leave a trace each, the first of them the table for it.
Files six() {
    Files files{{"1_s.up.sql", "CREATE TABLE traces (script int);\nINSERT INTO traces VALUES (1);"},
                {"1_s.down.sql", "DROP TABLE traces;"}};
    for (int number = 2; number <= 6; ++number) {
        const auto n = std::to_string(number);
        files.push_back({n + "_s.up.sql", "CREATE TABLE t" + n + " (a int);\nINSERT INTO traces VALUES (" + n + ");"});
        files.push_back({n + "_s.down.sql", "DROP TABLE t" + n + ";\nDELETE FROM traces WHERE script = " + n + ";"});
    }
    return files;
}

Files six_with(std::size_t number, const std::string& text) {
    auto files = six();
    files[(number - 1) * 2].text = text;
    return files;
}

class Listener : public engine::RunListener {
  public:
    void started(const migration::Step& step) override { tell("start " + step.version.text()); }
    void finished(const migration::Step& step, std::chrono::milliseconds /*duration*/) override {
        tell("end " + step.version.text());
    }
    void observed(const migration::Step& step, const engine::RunObservation& seen) override {
        if (!seen.blockers.empty()) tell("see " + step.version.text());
    }
    std::vector<std::string> told;
    std::function<void(const std::string&)> on_word;

  private:
    void tell(const std::string& word) {
        if (told.empty() || told.back() != word) told.push_back(word);
        if (on_word) on_word(word);
    }
};

migration::RunReport run(const TemporaryDatabase& database, Files files, Listener& listener,
                         engine::Migrator::Options options, const std::stop_token& stop = {}) {
    engine::SystemClock clock;
    return engine::Migrator(database.connection_url(), std::move(options), clock)
        .migrate(migration::ScriptSet::read(std::move(files)), {}, listener, stop);
}

/// What goes wrong in a script, and in how many ways the server says so.
// NOLINTBEGIN(bugprone-suspicious-missing-comma): some of them are long
const std::vector<std::string> broken{
    "SELECT 1;\nSELECT 'ä', nope;",
    "INSERT INTO traces VALUES (10);\n  SELECT 1 / 0;\nSELECT 1;",
    "CREATE TABLE extra (a int);\n\nSELECT 'ä'; SELEC 1;",
    "SELECT 1;\nSELECT (1 +\n",
    "SELECT 1;\nSELECT $1;",
    "SELECT 1;\nSELECT $1::int;",
    "SELECT 1;\n-- why\nSELECT 'abc'::int;",
    "CREATE TABLE p (id int PRIMARY KEY, up int REFERENCES p DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO p VALUES "
    "(1, 7);",
    "CREATE TABLE extra (a int);\nSELECT pg_advisory_unlock_all();",
    "DISCARD ALL;",
    "SET TRANSACTION READ ONLY;\nCREATE TABLE extra (a int);",
    "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''too late''; END';\nCREATE "
    "CONSTRAINT TRIGGER late AFTER INSERT ON traces DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "
    "late();\nINSERT INTO traces VALUES (11);",
    // Refused by COMMIT itself, which leaves no failed transaction behind that would refuse the next script.
    "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN SET CONSTRAINTS ALL DEFERRED; IF NEW.script = "
    "99 THEN RAISE EXCEPTION ''too late''; END IF; INSERT INTO traces VALUES (99); RETURN NEW; END';\nCREATE "
    "CONSTRAINT TRIGGER late AFTER INSERT ON traces DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "
    "late();\nINSERT INTO traces VALUES (11);",
    "DO 'BEGIN COMMIT; END';",
    "DROP TABLE lockkeeper_history;",
    "INSERT INTO lockkeeper_history SELECT version || 'x', name, checksum FROM lockkeeper_history;",
    "SET lock_timeout = 'soon';",
    "SET SESSION AUTHORIZATION nobody_at_all;",
};
// NOLINTEND(bugprone-suspicious-missing-comma)

}  // namespace

TEST_CASE("scripts in flight leave behind what they leave one by one, up and down") {
    const TemporaryDatabase together;
    const TemporaryDatabase apart;
    const auto report = migrate(together, six(), {}, flying());
    CHECK(words_of(report) == "done");
    CHECK(report.ran.size() == 6);
    REQUIRE(outcome_of(migrate(apart, six(), {}, one_by_one())) == "done");
    CHECK(remains_in(together) == remains_in(apart));
    CHECK(outcome_of(migrate(together, six_with(1, "SELECT 1"), {}, flying())) == "ChecksumMismatch 1_s.up.sql");
    const migration::Goal down{"1_s", migration::Rollback::Allow, migration::Extent::ToGoal};
    CHECK(outcome_of(migrate(together, six(), down, flying())) == "done");
    CHECK(outcome_of(migrate(apart, six(), down, one_by_one())) == "done");
    CHECK(remains_in(together) == remains_in(apart));
    CHECK(together.ask("SELECT string_agg(version, ' ') FROM lockkeeper_history") == "1_s");
}

TEST_CASE("scripts of every kind run between flights as they run one by one") {
    const TemporaryDatabase database;
    const auto expected = tests::undisturbed_state(database);
    for (const std::size_t in_flight : {2U, 3U, 64U}) {
        tests::start_anew(database);
        CHECK(tests::run_once(database.url(), {}, tests::twenty_scripts(), in_flight).ran.size() == 20);
        CHECK(tests::state_of(database) == expected);
    }
}

TEST_CASE("a script that fails at any place of a flight says and leaves what it says and leaves one by one") {
    const auto& text = GENERATE(from_range(broken));
    for (std::size_t number = 2; number <= 6; ++number) {
        const TemporaryDatabase together;
        const TemporaryDatabase apart;
        const auto flown = migrate(together, six_with(number, text), {}, flying());
        const auto walked = migrate(apart, six_with(number, text), {}, one_by_one());
        INFO("script " << number << ": " << text);
        CHECK(words_of(flown) != "done");
        CHECK(words_of(flown) == words_of(walked));
        CHECK(flown.ran.size() == number - 1);
        CHECK(remains_in(together) == remains_in(apart));
    }
}

TEST_CASE("a mended script goes on where the flight ended") {
    const TemporaryDatabase database;
    REQUIRE(outcome_of(migrate(database, six_with(4, "SELECT 1/0"), {}, flying())) ==
            "ScriptFailed 22012 4_s.up.sql:1:1 #1");
    const auto report = migrate(database, six(), {}, flying());
    CHECK(outcome_of(report) == "done");
    CHECK(report.ran.size() == 3);
    CHECK(database.ask("SELECT string_agg(script::text, ' ' ORDER BY script) FROM traces") == "1 2 3 4 5 6");
}

TEST_CASE("a script that the server takes only as one message is run as one, and those around it fly") {
    const TemporaryDatabase database;
    const std::string note = "INSERT INTO messages SELECT left(current_query(), 6);";
    const Files files{{"1_a.sql", "CREATE TABLE messages (begin text); " + note},
                      {"2_b.sql",
                       "DO $$ BEGIN IF current_query() LIKE 'DO%' THEN RAISE EXCEPTION 'alone, please' USING "
                       "ERRCODE = '42601'; END IF; END $$; " +
                           note},
                      {"3_c.sql", note},
                      {"4_d.sql", note}};
    const auto report = migrate(database, files, {}, flying());
    CHECK(words_of(report) == "done");
    CHECK(report.ran.size() == 4);
    CHECK(database.ask("SELECT string_agg(begin, ' ' ORDER BY ctid) FROM messages") == "INSERT BEGIN; INSERT INSERT");
}

TEST_CASE("each script in flight has a transaction of its own: its isolation, its time and its snapshot") {
    const TemporaryDatabase database;
    const Files files{
        {"1_a.sql", "CREATE TABLE seen (began timestamptz DEFAULT now(), ended timestamptz, isolation text);"},
        {"2_b.sql",
         "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\nINSERT INTO seen (isolation) VALUES "
         "(current_setting('transaction_isolation'));\nUPDATE seen SET ended = clock_timestamp();"},
        {"3_c.sql",
         "-- a comment first\nSET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE;\nINSERT INTO "
         "seen SELECT now(), clock_timestamp(), current_setting('transaction_isolation') FROM seen WHERE "
         "ended < now();"},
        {"4_d.sql",
         "INSERT INTO seen SELECT now(), clock_timestamp(), current_setting('transaction_isolation') FROM "
         "seen WHERE ended < now() AND isolation = 'repeatable read';"}};
    CHECK(words_of(migrate(database, files, {}, flying())) == "done");
    CHECK(database.ask("SELECT string_agg(isolation, ', ' ORDER BY began) FROM seen") ==
          "serializable, repeatable read, read committed");
    CHECK(database.ask("SELECT count(*) FROM lockkeeper_history a JOIN lockkeeper_history b ON b.version > a.version "
                       "WHERE b.applied_at - b.duration < a.applied_at") == "0");
}

TEST_CASE("a listener hears of each script of a flight when it begins and when it is committed") {
    const TemporaryDatabase database;
    database.run("CREATE TABLE orders (a int)");
    auto rival = database.open_transaction("report", "SELECT FROM orders");
    Listener listener;
    listener.on_word = [&](const std::string& word) {
        if (word == "end 2_s") {
            CHECK(database.ask("SELECT string_agg(version, ' ' ORDER BY version) FROM lockkeeper_history") ==
                  "1_s 2_s");
        }
        if (word == "see 3_s") rival.query("COMMIT");
    };
    auto options = flying();
    options.session.lock_timeout = 3s;
    CHECK(outcome_of(run(database, six_with(3, "ALTER TABLE orders ADD b int"), listener, options)) == "done");
    CHECK(listener.told == std::vector<std::string>{"start 1_s", "end 1_s", "start 2_s", "end 2_s", "start 3_s",
                                                    "see 3_s", "end 3_s", "start 4_s", "end 4_s", "start 5_s",
                                                    "end 5_s", "start 6_s", "end 6_s"});
}

TEST_CASE("a script of a flight gives up a table's lock in its time, once, and says whom it waited for") {
    const TemporaryDatabase database;
    database.run("CREATE TABLE orders (a int)");
    auto rival = database.open_transaction("report", "SELECT FROM orders");
    Listener listener;
    auto options = flying();
    options.session.lock_timeout = 2s;
    const auto files = six_with(5, "SELECT 1;\nALTER TABLE orders ADD b int");
    const auto report = run(database, files, listener, options);
    CHECK(outcome_of(report) == "WaitingForTableLock 55P03 5_s.up.sql:2:1 #2");
    CHECK_THAT(report.failure->message,
               Catch::StartsWith("canceling statement due to lock timeout; it waited for pid " +
                                 std::to_string(rival.backend_pid()) + " (report, idle in transaction"));
    CHECK(report.ran.size() == 4);
    CHECK(listener.told.back() == "see 5_s");
    rival.query("COMMIT");
    CHECK(run(database, files, listener, options).ran.size() == 2);
}

TEST_CASE("a run that is told to stop in the middle of a flight rolls back the script that runs, and runs no other") {
    const TemporaryDatabase database;
    std::stop_source stop;
    std::jthread stopper;
    Listener listener;
    listener.on_word = [&](const std::string& word) {
        if (word != "start 3_s") return;
        stopper = std::jthread([&] {
            while (database.ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                                "wait_event = 'PgSleep'") != "1") {
            }
            stop.request_stop();
        });
    };
    const auto begin = std::chrono::steady_clock::now();
    const auto report = run(database, six_with(3, "INSERT INTO traces VALUES (3); SELECT pg_sleep(600)"), listener,
                            flying(), stop.get_token());
    CHECK(std::chrono::steady_clock::now() - begin < 20s);
    CHECK(outcome_of(report) == "Interrupted");
    CHECK(report.ran.size() == 2);
    CHECK(tests::lock_is_free_within(database, 5s));
    CHECK(database.ask("SELECT string_agg(version, ' ' ORDER BY version) FROM lockkeeper_history") == "1_s 2_s");
    CHECK(database.ask("SELECT string_agg(script::text, ' ' ORDER BY script) FROM traces") == "1 2");
}

TEST_CASE("all scripts of a run stay one transaction, whatever may be in flight") {
    const TemporaryDatabase database;
    migration::Goal goal;
    goal.transaction = migration::TransactionScope::Run;
    CHECK(outcome_of(migrate(database, six(), goal, flying())) == "done");
    CHECK(database.ask("SELECT count(DISTINCT xmin::text) || ' ' || count(*) FROM lockkeeper_history") == "1 6");
}
