#include "support/controller_process.hpp"
#include "support/kubectl.hpp"
#include "support/temporary_database.hpp"
#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::tests;
using Catch::Matchers::Contains;
using nlohmann::json;
using Strings = std::vector<std::string>;

namespace {

json one_script(const std::string& history) {
    return {{"source", {{"inline", {{"1_a.up.sql", "CREATE TABLE " + history + "_t (id int);"}}}}},
            {"history", {{"table", history}}}};
}

json labelled(const std::string& name, const std::string& team) {
    auto object = migration(name, "db", one_script(name));
    object["metadata"]["labels"] = {{"team", team}};
    return object;
}

bool becomes_ready(const TemporaryNamespace& ns, const std::string& name) {
    return ns.becomes(name, "Ready", "True/UpToDate");
}

/// Nobody has written anything to it.
bool is_untouched(const TemporaryNamespace& ns, const std::string& name) {
    return ns.get("pgmig", name)["status"] == json{{"observedGeneration", -1}};
}

/// The rules that manifests/ grants, and the one that runs in the controller's process need besides.
json rules_of_the_manifests() {
    auto text =
        kubectl("create --dry-run=client --output=json --filename " LOCKKEEPER_SOURCE_DIR "/manifests/rbac.yaml")
            .output;
    // One object stands behind another, without a comma.
    for (std::size_t at = 0; (at = text.find("\n}\n{", at)) != std::string::npos;) text.insert(at + 2, ",");
    const auto objects = json::parse("[" + text + "]");
    json rules;
    for (const auto& object : objects) {
        if (object["kind"] == "ClusterRole" && object["metadata"]["name"] == "lockkeeper") rules = object["rules"];
    }
    REQUIRE(rules.is_array());
    rules.push_back({{"apiGroups", Strings{""}}, {"resources", Strings{"secrets"}}, {"verbs", Strings{"get"}}});
    return rules;
}

/// A kubeconfig of a service account with a Role of exactly these rules in some namespaces.
class RoleOnly {
  public:
    RoleOnly(const TemporaryNamespace& home, const std::vector<const TemporaryNamespace*>& namespaces) {
        home.apply({{"apiVersion", "v1"}, {"kind", "ServiceAccount"}, {"metadata", {{"name", "keeper"}}}});
        for (const auto* ns : namespaces) {
            ns->apply({{"apiVersion", "rbac.authorization.k8s.io/v1"},
                       {"kind", "Role"},
                       {"metadata", {{"name", "keeper"}}},
                       {"rules", rules_of_the_manifests()}});
            ns->apply({{"apiVersion", "rbac.authorization.k8s.io/v1"},
                       {"kind", "RoleBinding"},
                       {"metadata", {{"name", "keeper"}}},
                       {"roleRef", {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "Role"}, {"name", "keeper"}}},
                       {"subjects", {{{"kind", "ServiceAccount"}, {"name", "keeper"}, {"namespace", home.name()}}}}});
        }
        auto config = json::parse(kubectl("config view --raw --flatten --minify --output=json").output);
        auto token = kubectl("create token keeper --namespace " + home.name()).output;
        while (token.ends_with('\n')) token.pop_back();
        for (auto& user : config["users"]) user["user"] = {{"token", token}};
        folder_.write("kubeconfig", config.dump());
    }
    std::string path() const { return folder_.path("kubeconfig").string(); }

  private:
    TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("with Roles in two namespaces a controller works there, and touches no other") {
    const TemporaryDatabase database;
    const TemporaryNamespace first;
    const TemporaryNamespace second;
    const TemporaryNamespace other;
    for (const auto* ns : {&first, &second, &other}) ns->apply_secret("db", database.url());
    const RoleOnly rights(first, {&first, &second});
    ControllerProcess controller(
        {"--kubeconfig", rights.path(), "--namespace", first.name() + "," + second.name(), "--verbose"});
    other.apply(migration("three", "db", one_script("three")));
    first.apply(migration("one", "db", one_script("one")));
    auto from_config_map = one_script("two");
    from_config_map["source"] = {{"configMaps", json::array({{{"name", "scripts"}}})}};
    second.apply(migration("two", "db", from_config_map));
    CHECK(becomes_ready(first, "one"));
    REQUIRE(second.becomes("two", "Reconciling", "True/SourceNotFound"));
    second.apply_config_map("scripts", {{"1_a.up.sql", "CREATE TABLE two_t (id int);"}});
    CHECK(becomes_ready(second, "two"));
    CHECK(is_untouched(other, "three"));
    CHECK(controller.end() == 0);
    CHECK_THAT(controller.log(), !Contains("Forbidden") && !Contains("cannot list"));
}

TEST_CASE("a namespace without a Role is named as what is missing, and nothing runs until it is there") {
    const TemporaryDatabase database;
    const TemporaryNamespace mine;
    const TemporaryNamespace forbidden;
    mine.apply_secret("db", database.url());
    const RoleOnly rights(mine, {&mine});
    mine.apply(migration("one", "db", one_script("one")));
    const ControllerProcess controller(
        {"--kubeconfig", rights.path(), "--namespace", mine.name() + "," + forbidden.name()});
    REQUIRE(eventually([&] { return controller.log().find("Forbidden") != std::string::npos; }));
    CHECK_THAT(controller.log(), Contains(forbidden.name()));
    CHECK(is_untouched(mine, "one"));
    const RoleOnly both(mine, {&mine, &forbidden});
    CHECK(mine.becomes("one", "Ready", "True/UpToDate", std::chrono::seconds(90)));
}

TEST_CASE("a controller works on the Migrations that its selector matches, from when to when it does") {
    const TemporaryDatabase database;
    const TemporaryNamespace ns;
    ns.apply_secret("db", database.url());
    const ControllerProcess controller({"--namespace", ns.name(), "--label-selector", "team in (a,b)"});
    ns.apply(labelled("mine", "a"));
    ns.apply(labelled("theirs", "c"));
    REQUIRE(becomes_ready(ns, "mine"));
    CHECK(is_untouched(ns, "theirs"));

    ns.apply(labelled("theirs", "b"));
    CHECK(becomes_ready(ns, "theirs"));

    auto left = labelled("mine", "c");
    ns.apply(left);
    ns.apply(labelled("last", "a"));
    REQUIRE(becomes_ready(ns, "last"));  // by then, the change of the labels has been seen
    left["spec"]["source"]["inline"]["2_b.up.sql"] = "CREATE TABLE mine_b (id int);";
    ns.apply(left);
    ns.apply(labelled("later", "a"));
    REQUIRE(eventually([&] { return !is_untouched(ns, "later"); }));
    CHECK(ns.get("pgmig", "mine")["status"]["observedGeneration"] == 1);
    CHECK(database.ask("SELECT to_regclass('mine_b') IS NULL") == "t");
    left["metadata"]["labels"]["team"] = "b";
    ns.apply(left);
    CHECK(eventually([&] { return database.ask("SELECT to_regclass('mine_b') IS NOT NULL") == "t"; }));
}

TEST_CASE("a selector that cannot be read ends the controller, with what is wrong with it") {
    ControllerProcess controller({"--label-selector", "team in (a"});
    CHECK(eventually([&] { return !controller.running(); }));
    CHECK(controller.end() == 2);
    CHECK_THAT(controller.log(), Contains("--label-selector is 'team in (a', which the API server cannot read: "));
    CHECK_THAT(controller.log(), Contains("unable to parse"));
}
