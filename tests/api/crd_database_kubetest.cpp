// spec.database on a real API server: what it refuses, and with which advice.
#include "api/migration_json.hpp"
#include "support/kubectl.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace lockkeeper;
using namespace lockkeeper::tests;
using Catch::Contains;
using nlohmann::json;

namespace {

json with_database(const json& database) {
    auto object = migration("shop", "unused", {{"source", {{"inline", {{"0001_a.up.sql", "SELECT 1"}}}}}});
    object["spec"]["database"] = database;
    return object;
}

json parts(const json& more = json::object()) {
    json connection{{"host", "db.example"}, {"database", "shop"}, {"user", "shop"}};
    connection.update(more);
    return {{"connection", connection}};
}

json parts_with_tls(const json& more, const json& tls) {
    auto database = parts(more);
    database["tls"] = tls;
    return database;
}

const json url_from{{"secretKeyRef", {{"name", "shop-db"}}}};
const json ca{{"caFrom", {{"secretKeyRef", {{"name", "shop-tls"}}}}}};
const json certificate{{"clientCertificateFrom", {{"secretRef", {{"name", "shop-tls"}}}}}};

}  // namespace

TEST_CASE("a connection by its parts has defaults, and the controller reads what is stored") {
    const TemporaryNamespace space;
    auto database = parts({{"passwordFrom", {{"secretKeyRef", {{"name", "shop-db"}}}}}});
    database["tls"] = ca;
    database["tls"].update(certificate);
    space.apply(with_database(database));
    const auto stored = api::migration_from_json(space.get("pgmig", "shop"));
    REQUIRE_FALSE(stored.invalid_spec);
    const auto& spec = stored.spec;
    REQUIRE(spec.connection);
    CHECK(spec.database_url.name.empty());
    CHECK(spec.connection->port == 5432);
    CHECK(spec.connection->password->key == "password");
    CHECK_FALSE(spec.connection->ssl_mode);
    CHECK(spec.tls.ca->key == "ca.crt");
    CHECK(spec.tls.client_certificate == "shop-tls");
}

TEST_CASE("a database by neither or both ways is refused with what to write") {
    const TemporaryNamespace space;
    const std::string advice = "database takes exactly one of: urlFrom (a Secret with a connection string), connection";
    CHECK_THAT(space.refusal_of(with_database(json::object())), Contains(advice));
    auto both = parts();
    both["urlFrom"] = url_from;
    CHECK_THAT(space.refusal_of(with_database(both)), Contains(advice));
    CHECK(space.refusal_of(with_database({{"urlFrom", url_from}, {"tls", ca}})).empty());
}

TEST_CASE("a host that is a socket or nothing is refused") {
    const TemporaryNamespace space;
    for (const std::string host : {"/run/postgresql", "@abstract", "db.example,/run", "db.example,", ","}) {
        INFO(host);
        CHECK_THAT(space.refusal_of(with_database(parts({{"host", host}}))),
                   Contains("write the name or address of the database server"));
    }
    CHECK(space.refusal_of(with_database(parts({{"host", "a.example,b.example"}}))).empty());
}

TEST_CASE("parameters are the connection string's, but for those with a field of their own") {
    const TemporaryNamespace space;
    const auto refusal = [&](const std::string& name) {
        return space.refusal_of(with_database(parts({{"parameters", {{name, "x"}}}})));
    };
    CHECK(refusal("target_session_attrs").empty());
    for (const std::string name : {"host", "password", "sslmode"}) {
        CHECK_THAT(refusal(name), Contains("write host, port, database, user, passwordFrom and sslMode"));
    }
    for (const std::string name : {"sslkey", "sslrootcert", "passfile", "service", "options", "requirepeer"}) {
        CHECK_THAT(refusal(name), Contains("parameters take hostaddr, connect_timeout") && Contains("go into tls"));
    }
}

TEST_CASE("certificates that would be passed over, and a check without an authority, are refused") {
    const TemporaryNamespace space;
    for (const std::string mode : {"disable", "allow", "prefer"}) {
        CHECK_THAT(space.refusal_of(with_database(parts_with_tls({{"sslMode", mode}}, ca))),
                   Contains("write connection.sslMode: verify-full, or leave it out"));
    }
    for (const std::string mode : {"verify-ca", "verify-full"}) {
        CHECK_THAT(space.refusal_of(with_database(parts({{"sslMode", mode}}))), Contains("write tls: {caFrom:"));
        CHECK_THAT(space.refusal_of(with_database(parts_with_tls({{"sslMode", mode}}, certificate))),
                   Contains("write tls: {caFrom:"));
        CHECK(space.refusal_of(with_database(parts_with_tls({{"sslMode", mode}}, ca))).empty());
    }
    CHECK_THAT(space.refusal_of(with_database(parts_with_tls(json::object(), json::object()))),
               Contains("tls takes caFrom"));
    CHECK_THAT(space.refusal_of(with_database(parts({{"sslMode", "verify"}}))), Contains("verify-full"));
}
