#include "kube/client_config.hpp"

#include "kube/base64.hpp"
#include "kube/server_url.hpp"
#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace lockkeeper;
using namespace lockkeeper::kube;
using Catch::Matchers::Contains;

namespace {

std::string kubeconfig_of(const std::string& server) {
    return "current-context: c\nclusters: [{name: k, cluster: {server: '" + server +
           "'}}]\ncontexts: [{name: c, context: {cluster: k}}]\n";
}

/// A machine on which every place that is looked at names another server.
struct Machine {
    tests::TemporaryFolder folder;
    Environment environment;

    Machine() {
        folder.write("flag", kubeconfig_of("https://flag"));
        folder.write("variable", kubeconfig_of("https://variable"));
        folder.write("home/.kube/config", kubeconfig_of("https://home"));
        folder.write("pod/token", "a-token\n");
        folder.write("pod/ca.crt", "a certificate");
        folder.write("pod/namespace", "lockkeeper\n");
        environment.kubeconfig = folder.path("variable");
        environment.service_host = "10.0.0.1";
        environment.service_port = "443";
        environment.home = folder.path("home");
        environment.service_account = folder.path("pod");
    }

    std::string server() const { return load_client_config({}, environment).server; }
};

}  // namespace

TEST_CASE("the API server is looked for in a flag, KUBECONFIG, the pod and the home folder, in this order") {
    Machine machine;
    CHECK(load_client_config({.kubeconfig = machine.folder.path("flag"), .context = ""}, machine.environment).server ==
          "https://flag");
    CHECK(machine.server() == "https://variable");
    machine.environment.kubeconfig.clear();
    CHECK(machine.server() == "https://10.0.0.1:443");
    machine.environment.service_host.clear();
    CHECK(machine.server() == "https://home");
    machine.environment.home = machine.folder.path("nobody");
    CHECK_THROWS_WITH(machine.server(),
                      Contains("--kubeconfig") && Contains("KUBECONFIG") && Contains("~/.kube/config"));
}

TEST_CASE("a proxy of the environment leads to a server far away, unless the kubeconfig or NO_PROXY says otherwise") {
    Machine machine;
    auto& environment = machine.environment;
    const auto proxy = [&] { return load_client_config({}, environment).proxy_url.reveal(); };
    environment.https_proxy = "proxy:3128";
    CHECK(proxy() == "http://proxy:3128");
    environment.http_proxy = "http://other";
    environment.no_proxy = "far,variable";
    CHECK(proxy().empty());
    environment.no_proxy.clear();
    environment.https_proxy = "socks5://me:hunter2@p";
    CHECK_THROWS_WITH(proxy(),
                      Contains("HTTPS_PROXY is no HTTP proxy") && Contains("NO_PROXY") && !Contains("hunter2"));
    machine.folder.write("variable",
                         "current-context: c\nclusters: [{name: k, cluster: {server: 'https://a', proxy-url: "
                         "'http://own:1'}}]\ncontexts: [{name: c, context: {cluster: k}}]\n");
    CHECK(proxy() == "http://own:1");
    machine.folder.write("variable", kubeconfig_of("http://plain"));
    CHECK(proxy() == "http://other");
    machine.folder.write("variable", kubeconfig_of("https://127.0.0.1:6443"));
    CHECK(proxy().empty());
}

TEST_CASE("in a pod the service account's files say who we are, and are read when they are needed") {
    Machine machine;
    const auto config = in_cluster_config(machine.environment);
    CHECK(config.token_file == machine.folder.path("pod/token"));
    CHECK(config.certificate_authority.file == machine.folder.path("pod/ca.crt"));
    CHECK(config.space == "lockkeeper");
    CHECK(config.token.empty());
}

TEST_CASE("in a pod with IPv6 the service is reached by its name") {
    Machine machine;
    machine.environment.service_host = "fd00::1";
    CHECK(in_cluster_config(machine.environment).server == "https://kubernetes.default.svc:443");
}

TEST_CASE("a pod without a token is told why that may be") {
    Machine machine;
    machine.environment.service_account = machine.folder.path("nowhere");
    CHECK_THROWS_WITH(in_cluster_config(machine.environment), Contains("automountServiceAccountToken"));
}

TEST_CASE("files of KUBECONFIG that do not exist are passed over, unless none exists") {
    Machine machine;
    const auto none = machine.folder.path("none").string();
    machine.environment.kubeconfig = none + "::" + machine.folder.path("variable").string();
    CHECK(machine.server() == "https://variable");
    machine.environment.kubeconfig = none + ":";
    CHECK_THROWS_WITH(machine.server(), Contains("KUBECONFIG names no file that exists") && Contains(none));
}

TEST_CASE("a kubeconfig that was asked for and cannot be read is an error") {
    Machine machine;
    CHECK_THROWS_WITH(
        load_client_config({.kubeconfig = machine.folder.path("none"), .context = ""}, machine.environment),
        Contains("none: No such file"));
    CHECK_THROWS_WITH(
        load_client_config({.kubeconfig = machine.folder.path("pod"), .context = ""}, machine.environment),
        Contains("pod: Is a directory"));
}

TEST_CASE("base64 is read with its padding, whatever white space is in it, and nothing else is") {
    CHECK(decode_base64("") == "");
    CHECK(decode_base64("YQ==") == "a");
    CHECK(decode_base64("YWI=") == "ab");
    CHECK(decode_base64("YW\nJj \n") == "abc");
    CHECK(decode_base64(std::string("AAAA")) == std::string(3, '\0'));
    CHECK_FALSE(decode_base64("YQ"));
    CHECK_FALSE(decode_base64("Y==="));
    CHECK_FALSE(decode_base64("Y*Jj"));
    for (const std::string text : {"", "a", "ab", "abc", "abcd"}) CHECK(decode_base64(encode_base64(text)) == text);
    CHECK(encode_base64("ab") == "YWI=");
}

TEST_CASE("a server's address is taken apart") {
    CHECK(host_of("https://api.example.com:6443/k8s/clusters/c-1") == "api.example.com");
    CHECK(prefix_of("https://api.example.com:6443/k8s/clusters/c-1") == "/k8s/clusters/c-1");
    CHECK(prefix_of("https://127.0.0.1:6443").empty());
}
