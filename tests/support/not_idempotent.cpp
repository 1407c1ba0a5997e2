#include "support/not_idempotent.hpp"

namespace lockkeeper::tests {

nlohmann::json not_idempotent(int count, const std::string& seconds) {
    nlohmann::json files;
    for (int i = 1; i <= count; ++i) {
        const auto number = std::to_string(1000 + i);
        files[number + "_x.up.sql"] = "CREATE TABLE t" + number + " (a int); INSERT INTO ran VALUES (" + number +
                                      "); SELECT pg_sleep(" + seconds + ");";
    }
    return files;
}

void create_ran_table(const TemporaryDatabase& database) {
    database.run("CREATE TABLE ran (n int)");
}

std::string ran(const TemporaryDatabase& database) {
    return database.ask("SELECT count(*) || '/' || count(DISTINCT n) FROM ran");
}

}  // namespace lockkeeper::tests
