#include "reconcile/job_database.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace lockkeeper;
using namespace lockkeeper::reconcile;
using nlohmann::json;

namespace {

struct Pod {
    explicit Pod(const api::MigrationSpec& spec) { add_database(spec, container, pod); }

    json variable(const std::string& name) const {
        for (const auto& one : container["env"]) {
            if (one["name"] == name) return one.contains("value") ? one["value"] : one["valueFrom"]["secretKeyRef"];
        }
        return nullptr;
    }

    json container{{"env", json::array()}, {"volumeMounts", json::array()}};
    json pod{{"volumes", json::array()}, {"securityContext", {{"runAsGroup", 65532}}}};
};

api::MigrationSpec by_url() {
    api::MigrationSpec spec;
    spec.database_url = {"shop-db", "uri"};
    return spec;
}

api::MigrationSpec by_parts(const std::string& host = "db") {
    api::MigrationSpec spec;
    spec.connection =
        std::make_shared<api::ConnectionSpec>(api::ConnectionSpec{.host = host,
                                                                  .port = 6432,
                                                                  .database = "it's",
                                                                  .user = "a\\b",
                                                                  .ssl_mode = "require",
                                                                  .password = api::SecretKeyRef{"shop-db", "password"},
                                                                  .parameters = {{"connect_timeout", "3"}}});
    return spec;
}

}  // namespace

TEST_CASE("a Job gets the connection string from its Secret, and nothing else where nothing else is asked for") {
    const Pod pod(by_url());
    CHECK(pod.variable("LOCKKEEPER_DATABASE_URL") == json{{"name", "shop-db"}, {"key", "uri"}});
    CHECK(pod.container["env"].size() == 1);
    CHECK(pod.pod["volumes"].empty());
    CHECK_FALSE(pod.pod["securityContext"].contains("fsGroup"));
}

TEST_CASE("a Job gets the parts of a connection as a connection string, without the password") {
    const Pod pod(by_parts());
    CHECK(pod.variable("LOCKKEEPER_DATABASE_URL") ==
          R"(host='db' port=6432 dbname='it\'s' user='a\\b' sslmode=require connect_timeout='3')");
    CHECK(pod.variable("PGPASSWORD") == json{{"name", "shop-db"}, {"key", "password"}});
}

TEST_CASE("a Job gets certificates as files that its group may read, and is told where they are") {
    auto spec = by_url();
    spec.tls = {.ca = api::SecretKeyRef{"tls", "root.pem"}, .client_certificate = "client"};
    const Pod pod(spec);
    CHECK(pod.variable("PGSSLMODE") == "verify-full");
    CHECK(pod.variable("PGSSLROOTCERT") == "/run/lockkeeper-ca/ca.crt");
    CHECK(pod.variable("PGSSLKEY") == "/run/lockkeeper-certificate/tls.key");
    const auto& volumes = pod.pod["volumes"];
    REQUIRE(volumes.size() == 2);
    CHECK(volumes[0]["secret"]["secretName"] == "tls");
    CHECK(volumes[0]["secret"]["items"] == json::array({{{"key", "root.pem"}, {"path", "ca.crt"}}}));
    CHECK(volumes[1]["secret"]["secretName"] == "client");
    CHECK(volumes[1]["secret"]["defaultMode"] == 0440);
    CHECK(pod.container["volumeMounts"].size() == 2);
    CHECK(pod.pod["securityContext"]["fsGroup"] == 65532);

    spec.tls.ca.reset();
    CHECK(Pod(spec).variable("PGSSLMODE") == "require");
}

TEST_CASE("another database, or another way to it, is another input of a run, and a rotated Secret is not") {
    CHECK(database_inputs(by_url()) == json{{"secret", "shop-db"}, {"key", "uri"}});
    CHECK(database_inputs(by_parts()) != database_inputs(by_url()));
    CHECK(database_inputs(by_parts("other")) != database_inputs(by_parts()));
    auto with_tls = by_url();
    with_tls.tls.client_certificate = "client";
    CHECK(database_inputs(with_tls) != database_inputs(by_url()));
}
