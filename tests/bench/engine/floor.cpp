// The least that a runner of scripts can do with libpq, to measure others against: no checksums, no checks, no reading
// of SQL. Usage: floor DIRECTORY, with the database in DATABASE_URL. Takes the lock, reads the history, and sends each
// pending script as one message: begin, script, history row, commit.
#include <libpq-fe.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

Result execute(PGconn* connection, const std::string& sql) {
    Result result(PQexec(connection, sql.c_str()), &PQclear);
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        std::fputs(PQerrorMessage(connection), stderr);
        std::exit(1);
    }
    return result;
}

std::vector<std::filesystem::path> scripts_in(const char* directory) {
    std::vector<std::filesystem::path> scripts;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) scripts.push_back(entry.path());
    std::ranges::sort(scripts);
    return scripts;
}

std::string read(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

int main(int argc, char** argv) {
    const char* const url = std::getenv("DATABASE_URL");
    if (argc != 2 || url == nullptr) return 2;
    const std::unique_ptr<PGconn, decltype(&PQfinish)> owner(PQconnectdb(url), &PQfinish);
    auto* connection = owner.get();
    execute(connection, "SET client_min_messages = warning");
    execute(connection, "SELECT pg_try_advisory_lock(1)");
    execute(connection, "CREATE TABLE IF NOT EXISTS floor_history (version text PRIMARY KEY, applied_at timestamptz)");
    const auto history = execute(connection, "SELECT version FROM floor_history");
    std::set<std::string> applied;
    for (int row = 0; row < PQntuples(history.get()); ++row) applied.insert(PQgetvalue(history.get(), row, 0));
    for (const auto& path : scripts_in(argv[1])) {
        const auto text = read(path);  // a runner that checks what is applied reads all of it
        const auto version = path.stem().string();
        if (applied.contains(version)) continue;
        execute(connection, "BEGIN;" + text + "\n;INSERT INTO floor_history VALUES ('" + version + "', now());COMMIT");
    }
    return 0;
}
