#include "support/disturbed_run.hpp"

#include "engine/advisory_lock.hpp"
#include "support/sanitized.hpp"

#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace lockkeeper::tests {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

Files make_scripts() {
    Files files{
        {"01_step.sql", "CREATE TABLE traces (script text); CREATE TABLE t (a int); INSERT INTO traces VALUES (1);"}};
    for (int number = 2; number <= 20; ++number) {
        const auto n = std::to_string(number);
        const auto trace = "INSERT INTO traces VALUES (" + n + ");\n";
        auto text = "ALTER TABLE t ADD COLUMN a" + n + " int;\n" + trace;
        if (number % 5 == 0) {
            text += "CREATE INDEX CONCURRENTLY i" + n + " ON t (a" + n + ");\nVACUUM t;\n" + trace +
                    "DROP INDEX CONCURRENTLY i" + n + ";\nCREATE INDEX CONCURRENTLY j" + n + " ON t (a);\n";
        }
        if (number % 6 == 0 || number == 15) text += "COPY t (a) FROM stdin;\n" + n + "\n\\.\n" + trace;
        files.push_back({(number < 10 ? "0" : "") + n + "_step.sql", text});
    }
    return files;
}

}  // namespace

std::size_t ci_or_soak(std::size_t ci, std::size_t soak) {
    return std::getenv("LOCKKEEPER_SOAK") == nullptr ? ci : soak;
}

const Files& twenty_scripts() {
    static const Files scripts = make_scripts();
    return scripts;
}

void start_anew(const TemporaryDatabase& database) {
    database.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
}

std::string state_of(const TemporaryDatabase& database) {
    return database.ask(
        "SELECT concat_ws(E'\\n', (SELECT string_agg(script, ' ' ORDER BY script) FROM traces), (SELECT "
        "string_agg(a::text, ' ' ORDER BY a) FROM t), (SELECT string_agg(attname || attnum, ' ' ORDER BY attnum) FROM "
        "pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0), (SELECT string_agg(indexrelid::regclass || ' ' "
        "|| "
        "indisvalid, ', ' ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = 't'::regclass), (SELECT "
        "string_agg(concat_ws(' ', version, checksum, transactional, statements, statements_done, statement_begun, "
        "coalesce(prefix, '-'), direction), ', ' ORDER BY version) FROM lockkeeper_history))");
}

migration::RunReport run_once(const std::string& url, const std::stop_token& stop, const Files& scripts,
                              std::optional<std::size_t> scripts_in_flight) {
    engine::SystemClock clock;
    engine::RunListener nobody;
    engine::Migrator::Options options;
    options.acquire_timeout = 5s;
    options.connect_timeout = is_sanitized ? 15s : 5s;
    options.scripts_in_flight = scripts_in_flight;
    engine::Migrator migrator(postgres::ConnectionUrl::parse(url, postgres::UrlTrust::Owner), options, clock);
    return migrator.migrate(migration::ScriptSet::read(Files(scripts)), {}, nobody, stop);
}

std::string undisturbed_state(const TemporaryDatabase& database) {
    start_anew(database);
    const auto report = run_once(database.url());
    if (report.ran.size() != 20) throw std::runtime_error("an undisturbed run ended with " + outcome_of(report));
    return state_of(database);
}

void await_cut(const CuttingProxy& proxy, const std::future<migration::RunReport>& run) {
    while (!proxy.has_cut() && run.wait_for(1ms) != std::future_status::ready) {
    }
}

bool lock_is_free_within(const TemporaryDatabase& database, std::chrono::seconds limit) {
    const auto give_up = steady_clock::now() + limit;
    auto session = database.connect();
    const auto key = std::to_string(engine::LockKey::of({"public", "lockkeeper_history"}).value);
    while (!session.query("SELECT pg_try_advisory_lock(" + key + ")").boolean(0, 0)) {
        if (steady_clock::now() > give_up) return false;
        std::this_thread::sleep_for(20ms);
    }
    return true;
}

}  // namespace lockkeeper::tests
