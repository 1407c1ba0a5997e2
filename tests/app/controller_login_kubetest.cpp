#include "kube/api_client.hpp"
#include "kube/server_url.hpp"
#include "support/connect_proxy.hpp"
#include "support/controller_process.hpp"
#include "support/exec_plugin_script.hpp"
#include "support/fake_clock.hpp"
#include "support/kubectl.hpp"
#include "support/requirements.hpp"
#include "support/temporary_database.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using namespace lockkeeper::tests;
using nlohmann::json;

namespace {

kube::ClientConfig config_of_cluster() {
    return kube::load_client_config({.kubeconfig = require_cluster(), .context = ""}, {});
}

std::uint16_t port_of(const kube::ClientConfig& config) {
    return static_cast<std::uint16_t>(std::stoi(config.server.substr(config.server.rfind(':') + 1)));
}

json status_with_certificate(const kube::ClientConfig& config) {
    return {{"clientCertificateData", config.client_certificate.text.reveal()},
            {"clientKeyData", config.client_key.text.reveal()}};
}

/// The cluster's kubeconfig, but with this as the cluster's further fields and this way to log in. JSON is YAML.
std::string kubeconfig(const json& cluster_fields, const json& user) {
    auto config = json::parse(kubectl("config view --raw --minify --flatten --output json").output);
    config["clusters"][0]["cluster"].update(cluster_fields);
    config["users"][0]["user"] = user;
    return config.dump();
}

json exec_of(const ExecPluginScript& script) {
    return {{"exec",
             {{"apiVersion", "client.authentication.k8s.io/v1"},
              {"command", script.plugin().command},
              {"interactiveMode", "Never"}}}};
}

/// `default`, if we may ask.
std::string default_namespace(const kube::ClientConfig& config, kube::Clock& clock) {
    kube::ApiClient client(config, {.user_agent = "lockkeeper-test"}, clock, kube::no_log());
    return client.get({{"", "v1", "namespaces"}, {"", "default"}}, {})["metadata"]["name"];
}

}  // namespace

TEST_CASE("a program's client certificate is who we are to an API server") {
    const ExecPluginScript script(answer_of_plugin(status_with_certificate(config_of_cluster()).dump()));
    auto config = config_of_cluster();
    config.client_certificate = {};
    config.client_key = {};
    config.exec = script.plugin();
    FakeClock clock;
    CHECK(default_namespace(config, clock) == "default");
}

TEST_CASE("a program's token that the API server refuses is got again") {
    const TemporaryNamespace ns;
    const auto account = "serviceaccount " + ns.name();
    REQUIRE(kubectl("create " + account + " -n " + ns.name()).exit_code == 0);
    REQUIRE(kubectl("create clusterrolebinding " + ns.name() +
                    " --clusterrole=cluster-admin --serviceaccount=" + ns.name() + ":" + ns.name())
                .exit_code == 0);
    auto token = kubectl("create token " + ns.name() + " -n " + ns.name()).output;
    token.erase(token.find_last_not_of('\n') + 1);
    const ExecPluginScript script(
        R"([ $(wc -l <"$HERE/runs") -gt 1 ] || { cat "$HERE/wrong"; exit; }; cat "$HERE/right")");
    const auto answer = [&](const std::string& file, const std::string& text) {
        script.folder().write(file, json{{"apiVersion", "client.authentication.k8s.io/v1"},
                                         {"kind", "ExecCredential"},
                                         {"status", {{"token", text}}}}
                                        .dump());
    };
    answer("wrong", "wrong");
    answer("right", token);
    auto config = config_of_cluster();
    config.client_certificate = {};
    config.client_key = {};
    config.exec = script.plugin();
    FakeClock clock;
    kube::ApiClient client(config, {.user_agent = "lockkeeper-test"}, clock, kube::no_log());
    const kube::ObjectRef object{{"", "v1", "serviceaccounts"}, {ns.name(), ns.name()}};
    CHECK_THROWS_WITH(client.get(object, {}), Catch::Contains("401"));  // a fresh token: not got again at once
    clock.advance(std::chrono::seconds(5));
    CHECK(eventually([&] {  // the API server takes a moment to know what the account may do
        try {
            return client.get(object, {})["metadata"]["name"] == ns.name();
        } catch (const kube::ApiError& error) {
            if (error.failure() != kube::ApiFailure::Forbidden) throw;
            return false;
        }
    }));
    CHECK(script.runs() == 2);
    kubectl("delete clusterrolebinding " + ns.name());
}

TEST_CASE("an API server is reached through a proxy, and its certificate may have another name than its address") {
    auto config = config_of_cluster();
    const ConnectProxy proxy(port_of(config));
    config.server = "https://api.invalid:6443";
    config.proxy_url = kube::SecretText("http://" + proxy.address());
    kube::SystemClock clock;
    CHECK_THROWS_WITH(default_namespace(config, clock), Catch::Contains("mismatch"));
    config.tls_server_name = "kubernetes.default.svc";
    CHECK(default_namespace(config, clock) == "default");
    CHECK(proxy.seen().back().target == "api.invalid:6443");
}

TEST_CASE("a controller that logs in by a program, through a proxy and under another name, makes a Migration Ready") {
    const ExecPluginScript script(answer_of_plugin(status_with_certificate(config_of_cluster()).dump()));
    const ConnectProxy proxy(port_of(config_of_cluster()));
    script.folder().write("kubeconfig", kubeconfig({{"server", "https://api.invalid:6443"},
                                                    {"tls-server-name", "kubernetes.default.svc"},
                                                    {"proxy-url", "http://" + proxy.address()}},
                                                   exec_of(script)));
    const TemporaryDatabase database;
    const TemporaryNamespace ns;
    const ControllerProcess controller({"--kubeconfig", script.folder().path("kubeconfig").string()});
    ns.apply_secret("db", database.url());
    ns.apply(migration("shop", "db", {{"source", {{"inline", {{"1_a.sql", "CREATE TABLE a (x int);"}}}}}}));
    CHECK(ns.becomes("shop", "Ready", "True/UpToDate"));
    CHECK_FALSE(proxy.seen().empty());
    CHECK_THAT(controller.log(), !Catch::Contains("PRIVATE KEY"));
}

TEST_CASE("a controller that cannot log in says why, and goes on when it can") {
    const ExecPluginScript script("[ -e \"$HERE/session\" ] || { echo 'log in first' >&2; exit 3; }\n" +
                                  answer_of_plugin(status_with_certificate(config_of_cluster()).dump()));
    script.folder().write("kubeconfig", kubeconfig(json::object(), exec_of(script)));
    const TemporaryDatabase database;
    const TemporaryNamespace ns;
    ControllerProcess controller({"--kubeconfig", script.folder().path("kubeconfig").string()});
    CHECK(eventually([&] { return controller.log().find("log in first") != std::string::npos; }));
    ns.apply_secret("db", database.url());
    ns.apply(migration("shop", "db", {{"source", {{"inline", {{"1_a.sql", "CREATE TABLE a (x int);"}}}}}}));
    script.folder().write("session", "");
    CHECK(ns.becomes("shop", "Ready", "True/UpToDate", std::chrono::seconds(60)));
    CHECK(controller.end(SIGTERM) == 0);
}

TEST_CASE("a controller that is there before its CRD waits for it, says so, and goes on when it comes") {
    require_local_services();  // other people's Migrations would go with the CRD
    const TemporaryDatabase database;
    REQUIRE(kubectl("delete crd migrations.lockkeeper.dev --ignore-not-found --timeout=60s").exit_code == 0);
    const ControllerProcess controller;
    CHECK(eventually([&] { return controller.log().find("waiting until its CRD is installed") != std::string::npos; }));
    install_crd();
    const TemporaryNamespace ns;
    ns.apply_secret("db", database.url());
    ns.apply(migration("shop", "db", {{"source", {{"inline", {{"1_a.sql", "CREATE TABLE a (x int);"}}}}}}));
    CHECK(ns.becomes("shop", "Ready", "True/UpToDate", std::chrono::seconds(60)));
    CHECK(controller.running());
}
