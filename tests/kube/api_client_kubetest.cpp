#include "kube/api_client.hpp"
#include "support/requirements.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <set>
#include <string>

using namespace lockkeeper;
using namespace lockkeeper::kube;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const Resource namespaces{"", "v1", "namespaces"};
const Resource config_maps{"", "v1", "configmaps"};
const Resource deployments{"apps", "v1", "deployments"};

ClientConfig config_of_cluster() {
    return load_client_config({.kubeconfig = tests::require_cluster(), .context = ""}, {});
}

/// A namespace of its own for one test.
struct Cluster {
    SystemClock clock;
    ClientConfig config = config_of_cluster();
    ApiClient client{config, {.user_agent = "lockkeeper-test"}, clock, no_log()};
    std::string space;

    Cluster() {
        static int count = 0;
        space = "kube-test-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
        client.create({namespaces, ""}, {{"metadata", {{"name", space}}}}, {});
    }
    ~Cluster() {
        try {
            client.remove({namespaces, {"", space}}, {});
        } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): a leftover does no harm
        }
    }
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    ObjectRef config_map(const std::string& name) const { return {config_maps, {space, name}}; }
    json create(const std::string& name) {
        return client.create({config_maps, space}, {{"metadata", {{"name", name}}}, {"data", {{"key", "value"}}}}, {});
    }
};

template <typename Call>
ApiFailure failure_of(Call call) {
    try {
        call();
    } catch (const ApiError& error) {
        return error.failure();
    }
    FAIL("an answer, where a refusal was expected");
    return {};
}

json deployment_status(const json& conditions) {
    return {{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"status", {{"conditions", conditions}}}};
}

std::string version_of(const json& object) {
    return object["metadata"]["resourceVersion"];
}

}  // namespace

TEST_CASE("objects are created, read and deleted, and refusals are told apart") {
    Cluster cluster;
    CHECK(cluster.create("a")["data"]["key"] == "value");
    CHECK(cluster.client.get(cluster.config_map("a"), {})["metadata"]["name"] == "a");
    CHECK(failure_of([&] { cluster.create("a"); }) == ApiFailure::AlreadyExists);
    CHECK(failure_of([&] { cluster.create("Not A Name"); }) == ApiFailure::Invalid);
    cluster.client.remove(cluster.config_map("a"), {});
    CHECK(failure_of([&] { cluster.client.get(cluster.config_map("a"), {}); }) == ApiFailure::NotFound);
    CHECK(failure_of([&] {
              cluster.client.get({{"no.such.group", "v1", "things"}, {"", "a"}}, {});
          }) == ApiFailure::NotFound);
}

TEST_CASE("a list comes in pages, of metadata alone where no more is asked for") {
    Cluster cluster;
    for (int number = 0; number < 5; ++number) cluster.create("m" + std::to_string(number));
    const Selection selection{.collection = {config_maps, cluster.space}, .representation = Representation::Metadata};
    std::set<std::string> names;
    int pages = 0;
    PageRequest request{.limit = 2};
    do {
        const auto page = cluster.client.list(selection, request,
                                              [&](const json& object) {
                                                  names.insert(object["metadata"]["name"]);
                                                  CHECK_FALSE(object.contains("data"));
                                              },
                                              {});
        ++pages;
        CHECK_FALSE(page.resource_version.empty());
        request.continue_token = page.continue_token;
    } while (!request.continue_token.empty());
    CHECK(pages == 3);
    CHECK(names == std::set<std::string>{"m0", "m1", "m2", "m3", "m4"});
}

TEST_CASE("server-side apply of a status owns what it names, and removes what it no longer names") {
    Cluster cluster;
    const json labels{{"app", "a"}};
    cluster.client.create(
        {deployments, cluster.space},
        {{"metadata", {{"name", "a"}}},
         {"spec",
          {{"replicas", 0},
           {"selector", {{"matchLabels", labels}}},
           {"template",
            {{"metadata", {{"labels", labels}}}, {"spec", {{"containers", {{{"name", "c"}, {"image", "none"}}}}}}}}}}},
        {});
    const ObjectRef deployment{deployments, {cluster.space, "a"}};
    const ApplyOptions options{.field_manager = "lockkeeper", .subresource = "status"};
    const json ready{{"type", "Ready"}, {"status", "True"}, {"reason", "UpToDate"}};
    const json stalled{{"type", "Stalled"}, {"status", "True"}, {"reason", "ScriptFailed"}};
    const auto conditions = [&] { return cluster.client.get(deployment, {})["status"]["conditions"]; };
    const auto generation = cluster.client.get(deployment, {})["metadata"]["generation"];
    cluster.client.apply(deployment, deployment_status(json::array({ready, stalled})), options, {});
    CHECK(conditions().size() == 2);
    const auto one = cluster.client.apply(deployment, deployment_status(json::array({ready})), options, {});
    CHECK(conditions().size() == 1);
    CHECK(cluster.client.get(deployment, {})["metadata"]["generation"] == generation);
    CHECK(one.key == deployment.key);
    CHECK(one.resource_version == version_of(cluster.client.get(deployment, {})));
    const auto same = cluster.client.apply(deployment, deployment_status(json::array({ready})), options, {});
    CHECK(same.resource_version == one.resource_version);
}

TEST_CASE("a watch of a version that the server no longer remembers is refused as expired") {
    tests::require_local_services();
    Cluster cluster;
    tests::control_service("kill", "apiserver");  // its memory begins anew
    tests::control_service("start", "apiserver");
    const auto watch_from_the_beginning = [&] {
        auto stream =
            cluster.client.watch({.collection = {config_maps, ""}}, {.resource_version = "1", .idle_limit = 10s}, {});
        while (stream.next({})) {
        }
    };
    CHECK(failure_of(watch_from_the_beginning) == ApiFailure::Gone);
}

TEST_CASE("who is not known is unauthorized, and a server of another authority is not trusted") {
    Cluster cluster;
    auto nobody = cluster.config;
    nobody.client_certificate = {};
    nobody.client_key = {};
    nobody.token = SecretText("not-a-token");
    ApiClient unknown(nobody, {.user_agent = "lockkeeper-test"}, cluster.clock, no_log());
    CHECK(failure_of([&] { unknown.get(cluster.config_map("a"), {}); }) == ApiFailure::Unauthorized);
    auto elsewhere = cluster.config;
    elsewhere.certificate_authority = {};  // the system's
    ApiClient distrustful(elsewhere, {.user_agent = "lockkeeper-test"}, cluster.clock, no_log());
    try {
        distrustful.get(cluster.config_map("a"), {});
        FAIL("an answer, where distrust was expected");
    } catch (const TransportError& error) {
        CHECK(error.kind() == TransportError::Kind::Tls);
    }
}
