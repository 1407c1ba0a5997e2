#include "postgres/connection_url.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace lockkeeper::postgres;

namespace {

std::string refusal_of(const std::string& text, UrlTrust trust = UrlTrust::Tenant) {
    try {
        ConnectionUrl::parse(text, trust);
    } catch (const InvalidConnectionUrl& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("a tenant's connection string may name a server, a database, a user and how to reach them") {
    CHECK(refusal_of("postgresql://u:p@db.example:5432/shop?sslmode=require&connect_timeout=3") == "accepted");
    CHECK(refusal_of("host=a,b port=1,2 dbname=d user=u target_session_attrs=read-write") == "accepted");
    CHECK(refusal_of("hostaddr=10.0.0.1 dbname=d") == "accepted");
}

TEST_CASE("a tenant's connection string may not name the controller's files, sockets or session") {
    for (const std::string parameter :
         {"passfile=/etc/shadow", "sslkey=/k", "sslcert=/c", "sslrootcert=/r", "sslcrl=/x", "service=other",
          "options=-cwork_mem=1", "replication=database", "requirepeer=root", "krbsrvname=x", "gsslib=gssapi",
          "sslcrldir=/x", "sslpassword=x"}) {
        INFO(parameter);
        const auto refusal = refusal_of("host=db dbname=d " + parameter);
        CHECK_THAT(refusal, Catch::Contains("'" + parameter.substr(0, parameter.find('=')) + "'"));
        CHECK(refusal_of("host=db dbname=d " + parameter, UrlTrust::Owner) == "accepted");
    }
}

TEST_CASE("a tenant's connection string must name a host that is no socket") {
    for (const std::string text : {"dbname=d", "host=/run/postgresql", "host=db,/run", "host='' dbname=d",
                                   "host=@abstract", "host=a, dbname=d", "postgresql:///d", "postgresql://%2Frun/d"}) {
        INFO(text);
        CHECK_THAT(refusal_of(text), Catch::Contains("host"));
    }
}

TEST_CASE("an unreadable connection string is refused without being quoted") {
    for (const std::string text : {"postgresql://u:S3cret@h:port:1/d", "garbage S3cret", "postgresql://u:S3cret%@h/d",
                                   "host=h password='S3cret"}) {
        INFO(text);
        const auto refusal = refusal_of(text);
        CHECK(refusal != "accepted");
        CHECK_THAT(refusal, !Catch::Contains("S3cret"));
    }
    CHECK_THAT(refusal_of(""), Catch::Contains("empty"));
    CHECK(refusal_of(std::string("host=a\0b", 8)) != "accepted");
}

TEST_CASE("a connection string never prints") {
    std::ostringstream stream;
    stream << ConnectionUrl::parse("postgresql://u:S3cret@h/d", UrlTrust::Tenant);
    CHECK(stream.str() == "(connection string)");
}

TEST_CASE("a password is seen wherever libpq would find it") {
    CHECK(ConnectionUrl::holds_password("postgresql://u:p@h/d"));
    CHECK(ConnectionUrl::holds_password("postgresql://u@h/d?password=p"));
    CHECK(ConnectionUrl::holds_password("host=h password=p"));
    CHECK(ConnectionUrl::holds_password("host=h sslpassword=p"));
    CHECK(ConnectionUrl::holds_password("host=h password='"));
    CHECK_FALSE(ConnectionUrl::holds_password("postgresql://u@h/d"));
}
