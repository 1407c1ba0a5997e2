// What a run chooses for its scripts: role, search path, parameters; and further locks to hold.
#include "engine/migrator.hpp"
#include "support/run.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using tests::Files;
using tests::migrate;
using tests::outcome_of;
using tests::TemporaryDatabase;
using Options = engine::Migrator::Options;

namespace {

constexpr auto seen =
    "INSERT INTO public.seen SELECT current_user, current_setting('search_path'), current_setting('work_mem'), "
    "current_setting('app.tenant');";

/// Each script notes what it sees, and leaves a mess behind.
const Files scripts{{"1_a.sql", std::string(seen) + "RESET ROLE; SET search_path = pg_catalog; SET work_mem = '1MB';"},
                    {"2_b.sql", seen},
                    {"3_c.sql", "-- lockkeeper:no-transaction\n" + std::string(seen) + "VACUUM public.seen;" + seen}};

/// A role that owns the schema `app`, gone when the test ends.
class Owner {
  public:
    explicit Owner(const TemporaryDatabase& database) : database_(database), name_(database.name() + "_It's \"it\"") {
        database_.run("CREATE ROLE " + quoted());
        database_.run("CREATE SCHEMA \"My, App\" AUTHORIZATION " + quoted() +
                      "; CREATE TABLE public.seen (who text, path text, memory text, tenant text); ALTER TABLE "
                      "public.seen OWNER TO " +
                      quoted());
    }
    ~Owner() { database_.run("DROP OWNED BY " + quoted() + " CASCADE; DROP ROLE " + quoted()); }
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;

    const std::string& name() const { return name_; }
    std::string quoted() const { return postgres::quote_identifier(name_); }

  private:
    const TemporaryDatabase& database_;
    std::string name_;
};

std::string locks_of_others_than(int pid, const TemporaryDatabase& database) {
    return database.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid <> " + std::to_string(pid) +
                        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
}

std::string refusal_with(const TemporaryDatabase& database, const engine::SessionSettings& session) {
    const auto report = migrate(database, {{"1_a.sql", "CREATE TABLE a (x int)"}}, {}, {.session = session});
    CHECK(database.ask("SELECT to_regclass('a') IS NULL") == "t");
    return outcome_of(report) + ": " + (report.failure ? report.failure->message : "");
}

}  // namespace

TEST_CASE("each script has the role, the search path and the parameters that were chosen, and the history does not") {
    const TemporaryDatabase database;
    const Owner owner(database);
    Options options;
    options.session.role = owner.name();
    options.session.search_path = {"My, App", "public"};
    options.session.parameters = {{"work_mem", "7MB"}, {"app.tenant", "O'Hara; DROP TABLE seen --"}};
    auto files = scripts;
    files.push_back({"4_d.sql", "CREATE TABLE mine (id int);"});
    const auto report = migrate(database, files, {}, options);
    INFO((report.failure ? report.failure->message : ""));
    CHECK(outcome_of(report) == "done");
    CHECK(database.ask("SELECT count(*) || ' ' || count(DISTINCT (who, path, memory, tenant)) FROM seen") == "4 1");
    CHECK(database.ask("SELECT who || '|' || path || '|' || memory || '|' || tenant FROM seen LIMIT 1") ==
          owner.name() + "|\"My, App\", public|7MB|O'Hara; DROP TABLE seen --");
    CHECK(database.ask("SELECT tableowner FROM pg_tables WHERE schemaname = 'My, App' AND tablename = 'mine'") ==
          owner.name());
    CHECK(database.ask("SELECT tableowner FROM pg_tables WHERE tablename = 'lockkeeper_history'") == "postgres");
    CHECK(database.ask("SELECT string_agg(DISTINCT applied_by, ' ') FROM lockkeeper_history") == "postgres");
}

TEST_CASE(
    "a failure in a script still points at its place when parameters with line breaks and semicolons stand before") {
    const TemporaryDatabase database;
    Options options;
    options.session.parameters = {{"app.note", "a;\n;ä'\\"}};
    const auto report = migrate(database, {{"1_a.sql", "SELECT 1;\nSELECT nope;"}, {"2_b.sql", ""}}, {}, options);
    CHECK(outcome_of(report) == "ScriptFailed 42703 1_a.sql:2:8 #2");
    CHECK(outcome_of(migrate(database, {{"1_a.sql", "SELECT 1;\nSELECT 1/0;"}}, {}, options)) ==
          "ScriptFailed 22012 1_a.sql:2:1 #2");
}

TEST_CASE("a setting that the server refuses is told before the first script runs, and tried again slowly") {
    const TemporaryDatabase database;
    CHECK(refusal_with(database, {.role = "nobody_here"}) ==
          "SettingRefused 22023: the server refuses a setting of the session: role \"nobody_here\" does not exist");
    CHECK(refusal_with(database, {.parameters = {{"no_such_parameter", "1"}}}) ==
          "SettingRefused 42704: the server refuses a setting of the session: unrecognized configuration parameter "
          "\"no_such_parameter\"");
    CHECK(refusal_with(database, {.parameters = {{"work_mem", "lots"}}}) ==
          "SettingRefused 22023: the server refuses a setting of the session: invalid value for parameter "
          "\"work_mem\": (value not shown)");
    CHECK(migration::retry_of(migration::FailureKind::SettingRefused) == migration::Retry::Slowly);
}

TEST_CASE("a setting that the engine keeps for itself is refused before any connection is made") {
    const auto refusal = [](const engine::SessionSettings& settings) -> std::string {
        try {
            check_settings(settings);
        } catch (const engine::InvalidSetting& error) {
            return error.what();
        }
        return "accepted";
    };
    for (const auto* name : {"application_name", "TCP_user_timeout", "tcp_keepalives_idle", "transaction_read_only",
                             "default_transaction_isolation", "lockkeeper.x", "client_encoding", "idle_session_timeout",
                             "Standard_Conforming_Strings"}) {
        CHECK(refusal({.parameters = {{name, "1"}}}) ==
              "the parameter '" + std::string(name) +
                  "' cannot be chosen: Lockkeeper sets it for itself; a script that needs another value can SET it");
    }
    CHECK_THAT(refusal({.parameters = {{"lock_timeout", "1"}}}), Catch::Contains("write it as lockTimeout"));
    CHECK_THAT(refusal({.parameters = {{"ROLE", "x"}}}), Catch::Contains("write it as role"));
    for (const auto* name : {"", "a b", "a.", ".a", "1a", "a;b", "a..b", "a'"}) {
        CHECK_THAT(refusal({.parameters = {{name, "1"}}}), Catch::Contains("is no name of a parameter"));
    }
    CHECK_THAT(refusal({.role = std::string(64, 'r')}), Catch::Contains("is not a name of 1 to 63 bytes"));
    CHECK_THAT(refusal({.role = "none"}), Catch::Contains("leave it out"));
    CHECK_THAT(refusal({.search_path = {""}}), Catch::Contains("is not a name of 1 to 63 bytes"));
    CHECK(refusal({.role = "r", .search_path = {"a"}, .parameters = {{"work_mem", "1MB"}, {"a.b.c", ""}}}) ==
          "accepted");
}

TEST_CASE("a lock of another tool is waited for with its holder named, held during the run, and free after it") {
    const TemporaryDatabase database;
    auto other = database.connect("another tool");
    Options options{.lock_key = 4711, .also_hold = {-9'000'000'000'000'000'000, 42}};
    const Files files{
        {"1_a.sql",
         "CREATE TABLE held AS SELECT DISTINCT (classid::bigint << 32) | objid::bigint AS key FROM pg_locks "
         "WHERE locktype = 'advisory' AND pid = pg_backend_pid();"}};
    for (const std::string key : {"4711", "42", "-9000000000000000000"}) {
        other.query("SELECT pg_advisory_lock(" + key + ")");
        options.acquire_timeout = std::chrono::milliseconds(50);
        const auto report = migrate(database, files, {}, options);
        CHECK(outcome_of(report) == "WaitingForLock");
        CHECK_THAT(report.failure->message,
                   Catch::Contains("the advisory lock " + key) &&
                       Catch::Contains("held by pid " + std::to_string(other.backend_pid()) + " (another tool)"));
        CHECK(locks_of_others_than(other.backend_pid(), database) == "0");
        other.query("SELECT pg_advisory_unlock_all()");
    }
    CHECK(outcome_of(migrate(database, files, {}, options)) == "done");
    CHECK(database.ask("SELECT string_agg(key::text, ' ' ORDER BY key) FROM held") == "-9000000000000000000 42 4711");
    CHECK(locks_of_others_than(0, database) == "0");
}

TEST_CASE("a script that gives up a lock of another tool is rolled back") {
    const TemporaryDatabase database;
    const Options options{.also_hold = {42}};
    const auto report = migrate(
        database, {{"1_a.sql", "CREATE TABLE a (x int); SELECT pg_advisory_unlock(42), pg_advisory_unlock(42);"}}, {},
        options);
    CHECK(outcome_of(report) == "LockLost 23502 1_a.sql");
    CHECK(database.ask("SELECT to_regclass('a') IS NULL") == "t");
}

TEST_CASE("a session that is sent a large script may be idle for longer than others, but not for ever") {
    const TemporaryDatabase database;
    const std::string look =
        "CREATE TABLE seen AS SELECT current_setting('idle_session_timeout') AS session, "
        "current_setting('idle_in_transaction_session_timeout') AS transaction;\n";
    const auto idle_in = [&](const std::string& script) {
        database.run("DROP TABLE IF EXISTS seen, lockkeeper_history");
        CHECK(outcome_of(migrate(database, {{"1_a.sql", script}})) == "done");
        return database.ask("SELECT session || ' ' || transaction FROM seen");
    };
    const auto large = look + "--" + std::string(2'000'000, 'x');
    const std::string alone = "-- lockkeeper:no-transaction\n";
    CHECK(idle_in(look) == "3s 3s");
    CHECK(idle_in(large) == "1h 1h");
    CHECK(idle_in(alone + look) == "3s 3s");
    CHECK(idle_in(alone + large) == "1h 1h");
}
