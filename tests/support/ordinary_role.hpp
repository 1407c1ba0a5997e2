#pragma once

#include "support/temporary_database.hpp"

#include <string>

namespace lockkeeper::tests {

/// A role of its own that may do everything in one database's public schema and is no superuser; dropped at the end.
class OrdinaryRole {
  public:
    explicit OrdinaryRole(const TemporaryDatabase& database, const std::string& attributes = "")
        : database_(database), name_(database.name() + "_role") {
        database.run("CREATE ROLE " + name_ + " LOGIN PASSWORD 'secret' " + attributes);
        database.run("GRANT ALL ON SCHEMA public TO " + name_);
    }
    ~OrdinaryRole() { database_.run("DROP OWNED BY " + name_ + "; DROP ROLE " + name_); }
    OrdinaryRole(const OrdinaryRole&) = delete;
    OrdinaryRole& operator=(const OrdinaryRole&) = delete;

    std::string url() const {
        const auto& url = database_.url();
        return "postgresql://" + name_ + ":secret" + url.substr(url.find('@'));
    }
    postgres::ConnectionUrl connection_url() const {
        return postgres::ConnectionUrl::parse(url(), postgres::UrlTrust::Owner);
    }

  private:
    const TemporaryDatabase& database_;
    std::string name_;
};

}  // namespace lockkeeper::tests
