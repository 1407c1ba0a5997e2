#include "kube/kubeconfig.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace lockkeeper::kube;
using Catch::Matchers::Contains;

namespace {

/// A kubeconfig with one context `c` of one cluster and one user; both are given as YAML flow maps.
std::string kubeconfig_with(const std::string& cluster, const std::string& user) {
    return "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
           "clusters: [{name: k, cluster: " +
           cluster +
           "}]\n"
           "users: [{name: u, user: " +
           user +
           "}]\n"
           "contexts: [{name: c, context: {cluster: k, user: u, namespace: shop}}]\n";
}

ClientConfig select(const std::string& text, const std::string& context = "") {
    return select_context(parse_kubeconfig(text, "/home/me/.kube/config"), context);
}

std::string refusal(const std::string& cluster, const std::string& user) {
    try {
        select(kubeconfig_with(cluster, user));
    } catch (const InvalidClientConfig& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("a context names a server, its authority, who we are and a namespace") {
    const auto config = select(kubeconfig_with(
        "{server: 'https://api.example.com:6443/', certificate-authority-data: Q0E=, tls-server-name: api}",
        "{client-certificate-data: Q0VSVA==, client-key-data: S0VZ}"));
    CHECK(config.server == "https://api.example.com:6443");
    CHECK(config.certificate_authority.text.reveal() == "CA");
    CHECK(config.client_certificate.text.reveal() == "CERT");
    CHECK(config.client_key.text.reveal() == "KEY");
    CHECK(config.tls_server_name == "api");
    CHECK(config.space == "shop");
    CHECK(config.origin == "kubeconfig /home/me/.kube/config, context c");
}

TEST_CASE("paths are relative to the kubeconfig that names them") {
    const auto config =
        select(kubeconfig_with("{server: 'https://a', certificate-authority: pki/ca.crt}",
                               "{tokenFile: token, client-certificate: /etc/me.crt, client-key: me.key}"));
    CHECK(config.certificate_authority.file == "/home/me/.kube/pki/ca.crt");
    CHECK(config.token_file == "/home/me/.kube/token");
    CHECK(config.client_certificate.file == "/etc/me.crt");
    CHECK(config.client_key.file == "/home/me/.kube/me.key");
}

TEST_CASE("data wins over a file") {
    const auto config = select(kubeconfig_with(
        "{server: 'https://a', certificate-authority: ca.crt, certificate-authority-data: Q0E=}", "{}"));
    CHECK(config.certificate_authority.text.reveal() == "CA");
    CHECK(config.certificate_authority.file.empty());
}

TEST_CASE("another context than the current one can be named") {
    const std::string text = R"(
current-context: one
clusters:
- {name: a, cluster: {server: https://a}}
- {name: b, cluster: {server: https://b}}
contexts:
- {name: one, context: {cluster: a}}
- {name: two, context: {cluster: b}}
)";
    CHECK(select(text).server == "https://a");
    CHECK(select(text, "two").server == "https://b");
    CHECK(select(text, "two").space == "default");
    CHECK_THROWS_WITH(select(text, "three"), Contains("no context \"three\"") && Contains("one, two"));
}

TEST_CASE("of several kubeconfigs the first that names a thing wins") {
    auto merged = parse_kubeconfig("clusters: [{name: k, cluster: {server: https://first}}]", "/one");
    merge_kubeconfig(merged, parse_kubeconfig(kubeconfig_with("{server: https://second}", "{token: t}"), "/two"));
    const auto config = select_context(merged, "");
    CHECK(config.server == "https://first");
    CHECK(config.token.reveal() == "t");
}

TEST_CASE("a way to log in that is not supported is refused by name, with what to write instead") {
    const std::string server = "{server: https://a}";
    for (const std::string key : {"auth-provider", "username", "as"}) {
        CHECK_THAT(refusal(server, "{" + key + ": {command: aws}}"),
                   Contains("user \"u\" uses `" + key + "`") && Contains("write a token, a tokenFile"));
    }
    CHECK_THAT(refusal("{server: https://a, proxy-url: 'socks5://me:hunter2@p'}", "{}"),
               Contains("cluster \"k\": its proxy-url is no HTTP proxy") && !Contains("hunter2"));
}

TEST_CASE("a program that logs us in is named with all that it is given") {
    const auto config = select(kubeconfig_with(
        "{server: https://a, proxy-url: 'http://proxy:3128'}",
        "{exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: bin/login, args: [get-token, '5'], "
        "env: [{name: A, value: b}], interactiveMode: IfAvailable, provideClusterInfo: true, installHint: get it}}"));
    REQUIRE(config.exec);
    CHECK(config.exec->api_version == "client.authentication.k8s.io/v1beta1");
    CHECK(config.exec->command == "/home/me/.kube/bin/login");
    CHECK(config.exec->arguments == std::vector<std::string>{"get-token", "5"});
    CHECK(config.exec->environment == std::vector<std::string>{"A=b"});
    CHECK(config.exec->install_hint == "get it");
    CHECK(config.exec->provides_cluster_info);
    CHECK(config.proxy_url.reveal() == "http://proxy:3128");
    const std::string v1 = "apiVersion: client.authentication.k8s.io/v1";
    CHECK(
        select(kubeconfig_with("{server: https://a}", "{exec: {" + v1 + ", command: aws, env: null}}")).exec->command ==
        "aws");
}

TEST_CASE("a program that cannot log us in is refused with what to write") {
    const std::string server = "{server: https://a}";
    const std::string v1 = "apiVersion: client.authentication.k8s.io/v1, ";
    CHECK_THAT(refusal(server, "{exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: aws}}"),
               Contains("user \"u\"") && Contains("write client.authentication.k8s.io/v1,"));
    CHECK_THAT(refusal(server, "{exec: {" + v1 + "args: [a]}}"), Contains("no command"));
    CHECK_THAT(refusal(server, "{exec: {" + v1 + "command: aws, interactiveMode: Always}}"), Contains("nobody to ask"));
    CHECK_THAT(refusal(server, "{token: t, exec: {" + v1 + "command: aws}}"), Contains("write one of them"));
    CHECK_THAT(refusal("{server: http://a}", "{exec: {" + v1 + "command: aws}}"), Contains("in the clear"));
    CHECK_THAT(
        refusal("{server: https://a, extensions: [{name: client.authentication.k8s.io/exec, extension: {a: b}}]}",
                "{exec: {" + v1 + "command: aws, provideClusterInfo: true}}"),
        Contains("extension client.authentication.k8s.io/exec"));
    CHECK_THAT(refusal(server, "{exec: {" + v1 + "command: aws, args: get-token}}"), Contains("args must be a list"));
    CHECK_THAT(refusal(server, "{exec: {" + v1 + "command: aws, env: [{value: hunter2}]}}"),
               Contains("maps with name and value") && !Contains("hunter2"));
}

TEST_CASE("what is wrong in a context that is not used does not matter") {
    const auto text = kubeconfig_with("{server: https://a}", "{token: t}") +
                      "---\n";  // a second, empty document is passed over as kubectl does
    CHECK(select(text).server == "https://a");
    const std::string other = R"(
current-context: good
clusters: [{name: k, cluster: {server: https://a}}]
users: [{name: bad, user: {auth-provider: {name: gcp}}}]
contexts:
- {name: good, context: {cluster: k}}
- {name: bad, context: {cluster: k, user: bad}}
)";
    CHECK(select(other).server == "https://a");
}

TEST_CASE("a wrong kubeconfig is refused with the file, the entry and what to write") {
    CHECK_THAT(refusal("{}", "{}"), Contains("/home/me/.kube/config") && Contains("cluster \"k\"") &&
                                        Contains("write one such as https://host:6443"));
    CHECK_THAT(refusal("{server: 'api:6443'}", "{}"), Contains("write https:// in front"));
    CHECK_THAT(refusal("{server: 'https://[::1]:6443'}", "{}"), Contains("IPv6") && Contains("write a DNS name"));
    CHECK_THAT(refusal("{server: 'https://me:pw@a'}", "{}"), Contains("holds a user") && !Contains("pw"));
    CHECK_THAT(refusal("{server: https://a}", "{client-certificate: a.crt}"), Contains("write both"));
    CHECK_THAT(refusal("{server: http://a}", "{token: t}"), Contains("in the clear"));
    CHECK_THAT(refusal("{server: https://a, certificate-authority-data: '%'}", "{}"),
               Contains("certificate-authority-data is no base64"));
    CHECK_THAT(refusal("{server: https://a, insecure-skip-tls-verify: true, certificate-authority: a}", "{}"),
               Contains("remove one of them"));
    CHECK_THAT(refusal("{server: https://a, insecure-skip-tls-verify: perhaps}", "{}"),
               Contains("must be true or false"));
    CHECK_THROWS_WITH(select("contexts: []"), Contains("no current-context") && Contains("kubectl config use-context"));
    CHECK_THROWS_WITH(select("current-context: x\ncontexts: [{name: x, context: {cluster: gone}}]"),
                      Contains("names the cluster \"gone\"") && Contains("there are: none"));
    CHECK_THROWS_WITH(select("clusters: {}"), Contains("line 1: clusters must be a list"));
    CHECK_THROWS_WITH(select("users:\n- {user: {token: hunter2}}"), Contains("line 2") && !Contains("hunter2"));
    CHECK_THROWS_WITH(select("a: [b"), Contains("no YAML"));
    CHECK_THROWS_WITH(select(""), Contains("must be a map"));
}

TEST_CASE("a token may go over plain http to this machine alone") {
    CHECK(select(kubeconfig_with("{server: 'http://127.0.0.1:8001'}", "{token: t}")).token.reveal() == "t");
    CHECK(select(kubeconfig_with("{server: 'http://localhost:8001'}", "{token: t}")).token.reveal() == "t");
}
