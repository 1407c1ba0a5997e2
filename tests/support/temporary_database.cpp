#include "support/temporary_database.hpp"

#include "support/requirements.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>

namespace lockkeeper::tests {
namespace {

std::string unique_name() {
    static std::atomic<int> count{0};
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    return "lk_" + std::to_string(::getpid()) + "_" + std::to_string(now % 1'000'000'000) + "_" +
           std::to_string(++count);
}

postgres::Connection open(const std::string& url, const std::string& application_name) {
    // A test's own look at the database is to outlast a machine that many connections at once keep busy.
    return postgres::Connection::open(
        postgres::ConnectionUrl::parse(url, postgres::UrlTrust::Owner),
        {.application_name = application_name, .connect_timeout = std::chrono::minutes(1), .stop = {}});
}

}  // namespace

std::string with_database(const std::string& url, const std::string& database) {
    const auto authority = url.find("//") + 2;
    const auto path = url.find('/', authority);
    const auto parameters = url.find('?', authority);
    const auto tail = parameters == std::string::npos ? std::string() : url.substr(parameters);
    return url.substr(0, std::min(path, parameters)) + "/" + database + tail;
}

postgres::Connection connect_to_maintenance_database() {
    return open(require_postgres(), "test");
}

TemporaryDatabase::TemporaryDatabase() : name_(unique_name()), url_(with_database(require_postgres(), name_)) {
    connect_to_maintenance_database().query("CREATE DATABASE " + name_);
}

TemporaryDatabase::~TemporaryDatabase() {
    try {
        connect_to_maintenance_database().query("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): a test may have stopped the server
    }
}

postgres::Connection TemporaryDatabase::connect(const std::string& application_name) const {
    return open(url_, application_name);
}

postgres::Connection TemporaryDatabase::open_transaction(const std::string& application_name,
                                                         const std::string& sql) const {
    auto session = connect(application_name);
    session.query("BEGIN");
    session.query(sql);
    return session;
}

std::string TemporaryDatabase::ask(const std::string& sql) const {
    const auto result = connect().query(sql);
    return result.rows() == 0 ? std::string() : std::string(result.text(0, 0));
}

}  // namespace lockkeeper::tests
