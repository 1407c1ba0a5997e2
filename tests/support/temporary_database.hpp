#pragma once

#include "postgres/connection.hpp"

#include <string>

namespace lockkeeper::tests {

/// A database of its own for one test, dropped at its end with whoever is still connected to it.
class TemporaryDatabase {
  public:
    /// Skips the test, or fails it in CI, when there is no PostgreSQL (require_postgres).
    TemporaryDatabase();
    ~TemporaryDatabase();
    TemporaryDatabase(const TemporaryDatabase&) = delete;
    TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;

    const std::string& name() const { return name_; }
    /// The superuser's connection string to this database.
    const std::string& url() const { return url_; }
    postgres::ConnectionUrl connection_url() const {
        return postgres::ConnectionUrl::parse(url_, postgres::UrlTrust::Owner);
    }
    postgres::Connection connect(const std::string& application_name = "test") const;

    /// A session that has run this in a transaction and leaves it open, with the locks that it has.
    postgres::Connection open_transaction(const std::string& application_name, const std::string& sql) const;

    /// The first column of the first row, as text; for assertions.
    std::string ask(const std::string& sql) const;
    void run(const std::string& sql) const { ask(sql); }

  private:
    std::string name_;
    std::string url_;
};

/// The server's maintenance database, for what concerns more than one database.
postgres::Connection connect_to_maintenance_database();

/// A connection string like the given one, to another database.
std::string with_database(const std::string& url, const std::string& database);

}  // namespace lockkeeper::tests
