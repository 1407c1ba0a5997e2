#include "api/database_json.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::api;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

MigrationSpec read(const json& database) {
    MigrationSpec spec;
    read_database(Field(&database, "spec.database"), spec);
    return spec;
}

std::string problem_with(const json& database) {
    try {
        read(database);
    } catch (const InvalidField& error) {
        return error.what();
    }
    return "none";
}

json parts(const json& more = json::object()) {
    json connection{{"host", "db"}, {"database", "shop"}, {"user", "app"}};
    connection.update(more);
    return {{"connection", connection}};
}

const json ca{{"caFrom", {{"secretKeyRef", {{"name", "tls"}}}}}};

}  // namespace

TEST_CASE("the parts of a connection are read with the CRD's defaults") {
    const auto spec = read(parts());
    REQUIRE(spec.connection);
    CHECK(spec.database_url.name.empty());
    CHECK(spec.connection->host == "db");
    CHECK(spec.connection->port == 5432);
    CHECK_FALSE(spec.connection->ssl_mode);
    CHECK_FALSE(spec.connection->password);
    CHECK_FALSE(spec.tls.ca);
}

TEST_CASE("every part of a connection and of its certificates is read") {
    auto database = parts({{"port", 6432},
                           {"sslMode", "verify-ca"},
                           {"passwordFrom", {{"secretKeyRef", {{"name", "db"}, {"key", "pw"}}}}},
                           {"parameters", {{"connect_timeout", "3"}}}});
    database["tls"] = {{"caFrom", {{"secretKeyRef", {{"name", "tls"}, {"key", "root.pem"}}}}},
                       {"clientCertificateFrom", {{"secretRef", {{"name", "client"}}}}}};
    const auto spec = read(database);
    CHECK(spec.connection->port == 6432);
    CHECK(spec.connection->ssl_mode == "verify-ca");
    CHECK(spec.connection->password->name == "db");
    CHECK(spec.connection->password->key == "pw");
    CHECK(spec.connection->parameters.at("connect_timeout") == "3");
    CHECK(spec.tls.ca->key == "root.pem");
    CHECK(spec.tls.client_certificate == "client");
}

TEST_CASE("a stored database that the CRD refuses today is told by its field") {
    auto both = parts();
    both["urlFrom"] = {{"secretKeyRef", {{"name", "db"}}}};
    CHECK_THAT(problem_with(both), Contains("spec.database: write urlFrom or connection"));
    CHECK_THAT(problem_with(json::object()), Contains("spec.database.urlFrom.secretKeyRef.name"));
    CHECK_THAT(problem_with(parts({{"port", 0}})), Contains("spec.database.connection.port: write a port"));
    CHECK_THAT(problem_with(parts({{"host", ""}})), Contains("spec.database.connection.host"));
    CHECK_THAT(problem_with(parts({{"sslMode", "on"}})), Contains("spec.database.connection.sslMode: write one of"));
    CHECK_THAT(problem_with(parts({{"sslMode", "verify-full"}})), Contains("write tls: {caFrom"));
    auto passed_over = parts({{"sslMode", "prefer"}});
    passed_over["tls"] = ca;
    CHECK_THAT(problem_with(passed_over), Contains("write verify-full, verify-ca or require"));
}
