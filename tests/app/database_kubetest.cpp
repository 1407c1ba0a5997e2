#include "support/controller_process.hpp"
#include "support/kubectl.hpp"
#include "support/tls_postgres.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::tests;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

/// A Migration of a database that takes nobody without TLS and a client certificate.
struct TlsShop {
    TlsPostgres server;
    TemporaryNamespace ns;
    Identity identity = server.authority().issue("app", "");

    void apply_certificates(const std::string& ca, const Identity& own) const {
        ns.apply({{"apiVersion", "v1"},
                  {"kind", "Secret"},
                  {"metadata", {{"name", "shop-tls"}}},
                  {"stringData", {{"ca.crt", ca}, {"tls.crt", own.certificate}, {"tls.key", own.key}}}});
    }

    json database() const {
        return {{"connection",
                 {{"host", "127.0.0.1"},
                  {"port", server.port()},
                  {"database", "app"},
                  {"user", "app"},
                  {"parameters", {{"target_session_attrs", "read-write"}}}}},
                {"tls",
                 {{"caFrom", {{"secretKeyRef", {{"name", "shop-tls"}}}}},
                  {"clientCertificateFrom", {{"secretRef", {{"name", "shop-tls"}}}}}}}};
    }

    void apply(const std::string& name, const json& database) const {
        auto object = migration(name, "unused",
                                {{"source", {{"inline", {{"1_a.up.sql", "CREATE TABLE " + name + "_t (id int);"}}}}},
                                 {"history", {{"table", name}}},
                                 {"retry", {{"initialDelay", "500ms"}, {"maxDelay", "1s"}}}});
        object["spec"]["database"] = database;
        ns.apply(object);
    }
    json get(const std::string& name) const { return ns.get("pgmig", name); }
    bool becomes(const std::string& name, const std::string& type, const std::string& expected) const {
        return ns.becomes(name, type, expected, std::chrono::seconds(60));
    }
    std::string message(const std::string& name) const {
        const auto object = get(name);
        for (const auto& one : object["status"]["conditions"]) {
            if (one["type"] == "Ready") return one["message"];
        }
        return {};
    }
};

}  // namespace

TEST_CASE("a database that requires verified TLS and a client certificate is migrated, and the key never shows") {
    const TlsShop shop;
    const ControllerProcess controller({"--namespace", shop.ns.name(), "--verbose"});
    shop.apply_certificates(shop.server.authority().certificate(), shop.identity);
    shop.apply("good", shop.database());
    CHECK(shop.becomes("good", "Ready", "True/UpToDate"));
    CHECK(shop.get("good")["status"]["currentVersion"] == "1_a");

    auto by_url = shop.database();
    by_url.erase("connection");
    by_url["urlFrom"] = {{"secretKeyRef", {{"name", "db"}}}};
    shop.ns.apply_secret("db", "postgresql://app@127.0.0.1:" + std::to_string(shop.server.port()) + "/app");
    shop.apply("byurl", by_url);
    CHECK(shop.becomes("byurl", "Ready", "True/UpToDate"));

    const auto key_line = shop.identity.key.substr(shop.identity.key.find('\n') + 1, 40);
    CHECK_THAT(controller.log(), !Contains(key_line) && !Contains("PRIVATE KEY") && !Contains("/proc/self"));
    CHECK_THAT(shop.get("good").dump(), !Contains(key_line) && !Contains("/proc/self"));
}

TEST_CASE("what is wrong with the certificates of a database is a condition that says it, until it is put right") {
    const TlsShop shop;
    const TestAuthority stranger("somebody else");
    const auto ca = shop.server.authority().certificate();
    const ControllerProcess controller({"--namespace", shop.ns.name()});

    shop.apply("shop", shop.database());
    CHECK(shop.becomes("shop", "Reconciling", "True/SecretNotFound"));
    CHECK_THAT(shop.message("shop"), Contains("shop-tls"));

    const auto fails_with = [&](const std::string& what) {
        const bool came = eventually(
            [&] {
                return condition(shop.get("shop"), "Reconciling") == "True/TlsFailed" &&
                       shop.message("shop").find(what) != std::string::npos;
            },
            std::chrono::seconds(90));
        if (!came) UNSCOPED_INFO(what << "\n" << shop.get("shop").dump(2));
        return came && condition(shop.get("shop"), "Stalled") == "none";
    };
    // Each is seen by the next retry, or by this one: a rotated Secret wakes nobody.
    const auto try_again = [&](const json& database) {
        shop.ns.remove("pgmig", "shop");
        shop.apply("shop", database);
    };
    shop.apply_certificates(stranger.certificate(), shop.identity);
    try_again(shop.database());
    CHECK(fails_with("the server's certificate cannot be trusted"));

    shop.apply_certificates(ca, shop.server.authority().issue_expired("app"));
    try_again(shop.database());
    CHECK(fails_with("the server refuses the client certificate: it has expired"));

    shop.apply_certificates(ca, shop.identity);
    auto other_host = shop.database();
    other_host["connection"]["host"] = "localhost";
    other_host["connection"]["parameters"] = {{"hostaddr", "127.0.0.1"}};
    try_again(other_host);
    CHECK(fails_with("the server's certificate is for other host names"));

    auto without_own = shop.database();
    without_own["tls"].erase("clientCertificateFrom");
    try_again(without_own);
    CHECK(shop.becomes("shop", "Reconciling", "True/AccessDenied"));
    CHECK_THAT(shop.message("shop"), Contains("client certificate"));

    try_again(shop.database());
    CHECK(shop.becomes("shop", "Ready", "True/UpToDate"));
}
