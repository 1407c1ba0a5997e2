#include "api/conditions.hpp"
#include "app/status_writer.hpp"
#include "support/kubectl.hpp"
#include "support/requirements.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace lockkeeper;
using namespace lockkeeper::tests;

namespace {

api::MigrationStatus circular(std::int64_t second) {
    api::MigrationStatus status;
    status.observed_generation = 1;
    const api::Timestamp since{std::chrono::seconds(second)};
    api::set_condition(status.conditions,
                       {"Ready", api::ConditionStatus::False, "DependencyCycle", "in a circle", 1, since});
    return status;
}

}  // namespace

TEST_CASE("what a lagging cache makes the controller say twice is written and told once") {
    const TemporaryNamespace space;
    space.apply(tests::migration("shop", "shop-db", {{"source", {{"inline", {{"1_a.up.sql", "SELECT 1;"}}}}}}));
    kube::SystemClock clock;
    kube::ApiClient client(kube::load_client_config({.kubeconfig = require_cluster(), .context = ""}, {}),
                           {.user_agent = "lockkeeper-test"}, clock, kube::no_log());
    const app::Log log(app::OutputFormat::Text, app::LogLevel::Error);
    std::vector<std::string> told;
    const app::StatusWriter writer(client, log,
                                   {.on_state_change = [&](const api::Metadata&, const reconcile::StateChange& change) {
                                       told.push_back(change.reason);
                                   }});
    api::Metadata wanted;
    wanted.ns = space.name();
    wanted.name = "shop";
    auto first = writer.read_live(wanted, {});
    REQUIRE(first);
    auto lagging = *first;

    writer.write(*first, circular(1'000), {});
    const auto written = space.get("pgmig", "shop");
    writer.write(lagging, circular(2'000), {});

    CHECK(told == std::vector<std::string>{"DependencyCycle"});
    CHECK(space.get("pgmig", "shop")["metadata"]["resourceVersion"] == written["metadata"]["resourceVersion"]);
    CHECK(lagging.status == first->status);
    CHECK(lagging.metadata.resource_version == first->metadata.resource_version);
}
