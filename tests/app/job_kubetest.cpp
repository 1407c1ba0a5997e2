// Migrations that run as Jobs, where the tests play the Job controller and the kubelet.
#include "support/controller_process.hpp"
#include "support/job_player.hpp"
#include "support/kubectl.hpp"
#include "support/temporary_database.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <thread>

using namespace lockkeeper::tests;
using nlohmann::json;

namespace {

const json scripts{{"0001_customers.up.sql", "CREATE TABLE customers (id int PRIMARY KEY);"},
                   {"0002_orders.up.sql", "CREATE TABLE orders (id int PRIMARY KEY);"}};

const json by_job{{"source", {{"configMaps", json::array({{{"name", "scripts"}}})}}},
                  {"retry", {{"initialDelay", "500ms"}, {"maxDelay", "1s"}}},
                  {"execution", {{"mode", "Job"}}}};

std::unique_ptr<ControllerProcess> start_controller() {
    return std::make_unique<ControllerProcess>(std::vector<std::string>{"--runner-image", "lockkeeper:test"});
}

/// A controller, and a namespace with a Migration `shop` for a database of its own.
struct Shop {
    TemporaryDatabase database;
    TemporaryNamespace ns;
    JobPlayer player{ns, "shop"};
    std::unique_ptr<ControllerProcess> controller = start_controller();

    Shop() { kubectl("label namespace " + ns.name() + " pod-security.kubernetes.io/enforce=restricted"); }
    void install(const json& files = scripts) const {
        ns.apply_secret("db", database.url());
        ns.apply_config_map("scripts", files);
        ns.apply(migration("shop", "db", by_job));
    }
    void begin_first_run() {
        install();
        REQUIRE(player.await_job(1));
    }
    /// Ends the controller by a signal, and starts another one.
    void restart_controller(int signal) {
        controller->end(signal);
        controller = start_controller();
    }
    json shop() const { return ns.get("pgmig", "shop"); }
    bool becomes(const std::string& type, const std::string& expected) const {
        return ns.becomes("shop", type, expected);
    }
    std::string history() const {
        return database.ask("SELECT string_agg(version, ' ' ORDER BY applied_at) FROM lockkeeper_history");
    }
    std::size_t count(const std::string& kind) const {
        const auto list =
            kubectl("get " + kind + " -n " + ns.name() + " -l app.kubernetes.io/managed-by=lockkeeper -o json");
        return json::parse(list.output)["items"].size();
    }
};

}  // namespace

TEST_CASE("a Migration runs as a Job, and its status says what the runner left") {
    Shop shop;
    shop.begin_first_run();
    CHECK(shop.becomes("Reconciling", "True/Migrating"));
    CHECK(shop.count("configmaps") == 2);
    shop.player.play(1);
    REQUIRE(shop.becomes("Ready", "True/UpToDate"));
    const auto status = shop.shop()["status"];
    CHECK(status["appliedCount"] == 2);
    CHECK(status["currentVersion"] == "0002_orders");
    CHECK(status["history"].size() == 2);
    CHECK(status["job"]["name"] == shop.player.job_name());
    CHECK(status["job"].contains("finishedAt"));
    CHECK(status["inputsFingerprint"].get<std::string>().starts_with("sha256:"));
    CHECK(shop.history() == "0001_customers 0002_orders");
    CHECK(eventually([&] { return shop.count("configmaps") == 0; }));

    SECTION("a changed source is the next run") {
        auto more = scripts;
        more["0003_items.up.sql"] = "CREATE TABLE items (id int);";
        shop.ns.apply_config_map("scripts", more);
        shop.player.play(2);
        CHECK(eventually([&] { return shop.shop()["status"]["currentVersion"] == "0003_items"; }));
        CHECK(shop.count("jobs") == 2);
    }
}

TEST_CASE("a controller that is started again makes no Job for what is done, nor a second one for what is under way") {
    Shop shop;
    shop.begin_first_run();
    shop.restart_controller(SIGKILL);
    shop.player.play(1);
    REQUIRE(shop.becomes("Ready", "True/UpToDate"));
    shop.restart_controller(SIGTERM);
    const auto before = shop.shop()["metadata"]["resourceVersion"];
    // Time for a Job to be made, if one were.
    std::this_thread::sleep_for(std::chrono::seconds(3));
    CHECK(shop.count("jobs") == 1);
    CHECK(shop.shop()["status"]["run"] == 1);
    CHECK(shop.shop()["metadata"]["resourceVersion"] == before);
}

TEST_CASE("a broken script stalls with its place, makes no further Job, and heals by another run") {
    Shop shop;
    auto broken = scripts;
    broken["0002_orders.up.sql"] = "CREATE TABLE orders (id nonsense);";
    shop.install(broken);
    shop.player.play(1);
    REQUIRE(shop.becomes("Stalled", "True/ScriptFailed"));
    CHECK(shop.shop()["status"]["lastError"]["sqlstate"] == "42704");
    CHECK(shop.shop()["status"]["lastError"]["file"] == "0002_orders.up.sql");
    CHECK(shop.count("jobs") == 1);
    shop.ns.apply_config_map("scripts", scripts);
    shop.player.play(2);
    CHECK(shop.becomes("Ready", "True/UpToDate"));
}

TEST_CASE("a wrong password is tried again as another Job") {
    Shop shop;
    auto wrong = shop.database.url();
    wrong.replace(wrong.find("postgres:") + 9, 3, "bad");
    shop.install();
    shop.ns.apply_secret("db", wrong);
    shop.player.play(1);
    // Half a second later the next run has begun, and Ready is of that one: what the first came to is in its Event.
    REQUIRE(shop.player.await_job(2));
    CHECK(eventually([&] { return std::ranges::count(shop.ns.events_of("shop"), "AccessDenied") == 1; }));
    CHECK(condition(shop.shop(), "Stalled") == "none");
    shop.ns.apply_secret("db", shop.database.url());
    shop.player.play(2);
    CHECK(shop.becomes("Ready", "True/UpToDate"));
}

TEST_CASE("what keeps a pod from starting is a condition that names the cause, until it starts") {
    Shop shop;
    shop.begin_first_run();
    shop.player.make_pod();
    shop.player.hold_up("ImagePullBackOff", "Back-off pulling image");
    REQUIRE(shop.becomes("Reconciling", "True/ImagePullFailed"));
    CHECK(condition(shop.shop(), "Ready") == "False/ImagePullFailed");
    shop.player.hold_up("CreateContainerConfigError", "secret \"db\" not found");
    REQUIRE(shop.becomes("Reconciling", "True/SecretNotFound"));
    shop.player.start();
    shop.player.finish();
    shop.player.complete();
    CHECK(shop.becomes("Ready", "True/UpToDate"));
    CHECK(shop.shop()["status"]["run"] == 1);
}

TEST_CASE("an edit takes back a Job whose pod has not begun") {
    Shop shop;
    shop.begin_first_run();
    shop.player.make_pod();
    shop.player.hold_up("InvalidImageName", "no such image");
    REQUIRE(shop.becomes("Reconciling", "True/ImagePullFailed"));
    auto edited = by_job;
    edited["execution"]["job"]["labels"]["team"] = "shop";
    shop.ns.apply(migration("shop", "db", edited));
    REQUIRE(shop.player.await_job(2));
    CHECK(shop.player.job()["metadata"]["labels"]["team"] == "shop");
    shop.player.play(2);
    CHECK(shop.becomes("Ready", "True/UpToDate"));
}

TEST_CASE("a Job that is deleted by hand, and one whose pod is evicted, are followed by another run") {
    Shop shop;
    shop.begin_first_run();
    shop.ns.remove("job", shop.player.job_name());
    REQUIRE(shop.player.await_job(2));
    CHECK(condition(shop.shop(), "Stalled") == "none");
    shop.player.make_pod();
    shop.player.set_pod_status({{"phase", "Failed"},
                                {"conditions", json::array({{{"type", "DisruptionTarget"},
                                                             {"status", "True"},
                                                             {"reason", "EvictionByEvictionAPI"},
                                                             {"message", "Eviction API: evicting"}}})}});
    shop.player.fail("BackoffLimitExceeded");
    REQUIRE(eventually([&] { return shop.shop()["status"].value("run", 0) == 3; }));
    shop.player.play(3);
    CHECK(shop.becomes("Ready", "True/UpToDate"));
    CHECK_FALSE(shop.shop()["status"].contains("lastError"));
}

TEST_CASE("a quota that leaves no room for a Job is a condition that says so") {
    Shop shop;
    shop.ns.apply({{"apiVersion", "v1"},
                   {"kind", "ResourceQuota"},
                   {"metadata", {{"name", "none"}}},
                   {"spec", {{"hard", {{"count/jobs.batch", "0"}}}}},
                   {"status", {{"hard", {{"count/jobs.batch", "0"}}}, {"used", {{"count/jobs.batch", "0"}}}}}});
    kubectl("patch resourcequota/none -n " + shop.ns.name() +
            " --subresource=status --type=merge -p '{\"status\":{\"hard\":{\"count/jobs.batch\":\"0\"},"
            "\"used\":{\"count/jobs.batch\":\"0\"}}}'");
    shop.install();
    REQUIRE(shop.becomes("Reconciling", "True/QuotaExceeded"));
    CHECK(condition(shop.shop(), "Stalled") == "none");
    shop.ns.remove("resourcequota", "none");
    REQUIRE(eventually([&] { return shop.count("jobs") == 1; }, std::chrono::seconds(60)));
}
