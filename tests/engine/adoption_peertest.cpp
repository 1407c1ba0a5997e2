// The tools themselves migrate a database halfway, Lockkeeper adopts what they say and finishes.
#include "support/process.hpp"
#include "support/requirements.hpp"
#include "support/run.hpp"
#include "support/temporary_database.hpp"
#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using namespace lockkeeper::tests;

namespace {

/// Scripts in a folder, for the tool, and in memory, for us.
class Source {
  public:
    void add(const std::string& name, const std::string& text) {
        folder_.write(name, text);
        files_.push_back({name, text});
    }
    std::string path() const { return folder_.path(""); }
    const Files& files() const { return files_; }

  private:
    TemporaryFolder folder_;
    Files files_;
};

std::string peer(const std::string& name) {
    return require_peers() + "/" + name;
}

void run(std::vector<std::string> command, const std::vector<std::string>& environment = {}) {
    Process process(std::move(command), environment);
    const auto code = process.wait();
    INFO(process.log());
    REQUIRE(code == 0);
}

std::string tables_of(const TemporaryDatabase& database) {
    return database.ask(
        "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relname ~ '^t[0-9]$' AND relkind = 'r'");
}

/// Adopts by the shape of the table, and looks that the rest, and nothing else, has run.
void adopt_and_finish(const TemporaryDatabase& database, const Source& source, const std::string& old_table) {
    CHECK(tables_of(database) == "t1 t2");
    const auto before = database.ask("SELECT string_agg(o::text, ' ' ORDER BY o::text) FROM " + old_table + " o");
    migration::Goal goal;
    goal.adopt.emplace();
    const auto report = migrate(database, source.files(), goal);
    CHECK(outcome_of(report) == "done");
    CHECK(report.recorded_count == 2);
    CHECK(report.ran.size() == 2);
    CHECK(report.database->missing_count == 0);
    CHECK(tables_of(database) == "t1 t2 t3 t4");
    CHECK(database.ask("SELECT string_agg(o::text, ' ' ORDER BY o::text) FROM " + old_table + " o") == before);
    CHECK(migrate(database, source.files()).ran.empty());

    // What was adopted can be rolled back as well as what was run.
    CHECK(outcome_of(migrate(database, source.files(),
                             {{}, migration::Rollback::Allow, migration::Extent::RollBackAll})) == "done");
    CHECK(database.ask("SELECT count(*) FROM pg_class WHERE relname ~ '^t[0-9]$'") == "0");
}

std::string create(int number) {
    return "CREATE TABLE t" + std::to_string(number) + " (x int);\n";
}
std::string drop(int number) {
    return "DROP TABLE t" + std::to_string(number) + ";\n";
}

}  // namespace

TEST_CASE("what golang-migrate has applied is adopted and finished") {
    const auto tool = peer("migrate");
    const TemporaryDatabase database;
    Source source;
    for (int i = 1; i <= 4; ++i) {
        source.add("00" + std::to_string(i) + "_t.up.sql", create(i));
        source.add("00" + std::to_string(i) + "_t.down.sql", drop(i));
    }
    run({tool, "-path", source.path(), "-database", database.url(), "up", "2"});
    adopt_and_finish(database, source, "schema_migrations");
}

TEST_CASE("what golang-migrate has left dirty is refused") {
    const auto tool = peer("migrate");
    const TemporaryDatabase database;
    Source source;
    source.add("1_t.up.sql", create(1));
    source.add("2_t.up.sql", "CREATE TABLE t2 (x nonsense);");
    Process process({tool, "-path", source.path(), "-database", database.url(), "up"});
    CHECK(process.wait() != 0);
    migration::Goal goal;
    goal.adopt.emplace();
    const auto report = migrate(database, source.files(), goal);
    CHECK(outcome_of(report) == "AdoptionRefused");
    CHECK_THAT(report.failure->message, Catch::Contains("dirty at version 2"));
}

TEST_CASE("what goose has applied, rolled back and applied again is adopted and finished") {
    const auto tool = peer("goose");
    const TemporaryDatabase database;
    Source source;
    for (int i = 1; i <= 4; ++i) {
        source.add("0000" + std::to_string(i) + "_t.sql", "-- +goose Up\n" + create(i) + "-- +goose Down\n" + drop(i));
    }
    for (const auto* to : {"up-to 3", "down-to 1", "up-to 2"}) {
        const std::string words(to);
        const auto space = words.find(' ');
        run({tool, "-dir", source.path(), "postgres", database.url(), words.substr(0, space), words.substr(space + 1)});
    }
    adopt_and_finish(database, source, "goose_db_version");
}

TEST_CASE("what tern has applied is adopted and finished") {
    const auto tool = peer("tern");
    const TemporaryDatabase database;
    Source source;
    for (int i = 1; i <= 4; ++i) {
        source.add("00" + std::to_string(i) + "_t.sql", create(i) + "---- create above / drop below ----\n" + drop(i));
    }
    run({tool, "migrate", "-m", source.path(), "--conn-string", database.url(), "-d", "2"});
    adopt_and_finish(database, source, "schema_version");
}

TEST_CASE("what dbmate has applied is adopted and finished") {
    const auto tool = peer("dbmate");
    const TemporaryDatabase database;
    Source source;
    const auto add = [&](int i) {
        source.add("2026010" + std::to_string(i) + "_t.sql",
                   "-- migrate:up\n" + create(i) + "-- migrate:down\n" + drop(i));
    };
    add(1);
    add(2);
    run({tool, "--no-dump-schema", "--migrations-dir", source.path(), "migrate"}, {"DATABASE_URL=" + database.url()});
    add(3);
    add(4);
    adopt_and_finish(database, source, "schema_migrations");
}
