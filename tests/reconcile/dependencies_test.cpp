#include "reconcile/dependencies.hpp"

#include "reconcile/decide.hpp"
#include "reconcile/next_status.hpp"
#include "support/builders.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace lockkeeper;
using namespace lockkeeper::reconcile;
using namespace lockkeeper::tests;

namespace {

/// The Migrations of a namespace, by what they depend on; all of them Ready.
class Namespace {
  public:
    void put(const std::string& name, std::vector<std::string> depends_on = {}) {
        auto migration = ready_shop().migration;
        migration.metadata.name = name;
        migration.spec.depends_on = std::move(depends_on);
        migrations_[name] = std::make_shared<api::Migration>(migration);
    }
    api::Migration& at(const std::string& name) { return *migrations_.at(name); }
    void remove(const std::string& name) { migrations_.erase(name); }

    ObservedDependencies dependencies_of(const std::string& name) const {
        return observe_dependencies(*migrations_.at(name), [this](const std::string& other) {
            const auto found = migrations_.find(other);
            return found == migrations_.end() ? nullptr : found->second;
        });
    }
    /// A new Migration as decide sees it.
    ObservedState observed(const std::string& name) const {
        auto state = new_shop();
        state.migration.metadata.name = name;
        state.migration.spec.depends_on = migrations_.at(name)->spec.depends_on;
        state.dependencies = dependencies_of(name);
        return state;
    }

  private:
    std::map<std::string, std::shared_ptr<api::Migration>> migrations_;
};

std::string unready(const ObservedDependencies& dependencies) {
    return describe_unready(dependencies.unready);
}

std::string conditions_after(const ObservedState& observed) {
    const auto decision = decide(observed);
    if (std::holds_alternative<Run>(decision.action)) return "runs";
    return conditions_of(next_status(observed, decision.action).status);
}

}  // namespace

TEST_CASE("a Migration runs once all that it depends on is Ready, and says what is not and why") {
    Namespace space;
    space.put("shop", {"customers", "orders"});
    space.put("customers");
    CHECK(unready(space.dependencies_of("shop")) == "'orders', which is not there");
    CHECK(conditions_after(space.observed("shop")) ==
          "Ready=False/DependencyNotReady Reconciling=True/DependencyNotReady");
    space.put("orders");
    CHECK(unready(space.dependencies_of("shop")).empty());
    CHECK(conditions_after(space.observed("shop")) == "runs");

    auto& orders = space.at("orders");
    orders.status = after_run(new_shop(), run_that_failed(migration::FailureKind::ScriptFailed)).migration.status;
    CHECK(unready(space.dependencies_of("shop")) == "'orders', which is not Ready (ScriptFailed)");
    const auto observed = space.observed("shop");
    const auto status = next_status(observed, decide(observed).action).status;
    CHECK(status.conditions.front().message ==
          "waiting for Migration 'orders', which is not Ready (ScriptFailed); spec.dependsOn names it");
}

TEST_CASE("a dependency counts only by its present spec, and not while it is being deleted or was never looked at") {
    Namespace space;
    space.put("shop", {"orders"});
    space.put("orders");
    SECTION("edited") {
        ++space.at("orders").metadata.generation;
        CHECK(unready(space.dependencies_of("shop")) == "'orders', which has changed");
    }
    SECTION("being deleted") {
        space.at("orders").metadata.deletion_timestamp = api::Timestamp();
        CHECK(unready(space.dependencies_of("shop")) == "'orders', which is being deleted");
    }
    SECTION("new") {
        space.at("orders").status = {};
        CHECK(unready(space.dependencies_of("shop")) == "'orders', which was not looked at yet");
    }
}

TEST_CASE("a Migration that is Ready does not stop being so when what it depends on changes") {
    auto observed = ready_shop();
    observed.migration.spec.depends_on = {"orders"};
    observed.dependencies.unready = {{"orders", "is not Ready (Progressing)"}};
    CHECK(std::holds_alternative<Nothing>(decide(observed).action));
    edit_spec(observed);
    CHECK(conditions_after(observed) == "Ready=False/DependencyNotReady Reconciling=True/DependencyNotReady");
}

TEST_CASE("a cycle is named in full by each of its members, and by nobody else") {
    Namespace space;
    space.put("a", {"b"});
    space.put("b", {"c", "leaf"});
    space.put("c", {"a"});
    space.put("leaf");
    space.put("outside", {"a"});
    CHECK(describe_cycle(space.dependencies_of("a").cycle) == "a → b → c → a");
    CHECK(describe_cycle(space.dependencies_of("c").cycle) == "c → a → b → c");
    CHECK(space.dependencies_of("outside").cycle.empty());
    CHECK(space.dependencies_of("leaf").cycle.empty());
    CHECK(conditions_after(space.observed("b")) == "Ready=False/DependencyCycle Stalled=True/DependencyCycle");
    space.put("c");
    CHECK(space.dependencies_of("a").cycle.empty());
}

TEST_CASE("a Migration that depends on itself is the shortest cycle") {
    Namespace space;
    space.put("a", {"b", "a"});
    space.put("b", {"a"});
    CHECK(describe_cycle(space.dependencies_of("a").cycle) == "a → a");
}

TEST_CASE("many ways to the same dependency are none of them a cycle, and are not walked one by one") {
    Namespace space;
    space.put("0");
    for (int i = 1; i < 64; ++i) {
        const auto below = std::to_string(i - 1);
        space.put(std::to_string(i) + "x", {below});
        space.put(std::to_string(i) + "y", {below});
        space.put(std::to_string(i), {std::to_string(i) + "x", std::to_string(i) + "y"});
    }
    CHECK(space.dependencies_of("63").cycle.empty());
}

TEST_CASE("a dependent is woken by what may change its mind, and by nothing else") {
    const auto before = ready_shop().migration;
    auto after = before;
    CHECK(matters_to_dependents(nullptr, &after));
    CHECK(matters_to_dependents(&before, nullptr));
    CHECK_FALSE(matters_to_dependents(&before, &after));
    SECTION("its status says more") {
        after.status.conditions.front().message = "3 scripts are applied";
        CHECK_FALSE(matters_to_dependents(&before, &after));
    }
    SECTION("it is no longer Ready") {
        after.status.conditions.front().status = api::ConditionStatus::False;
        CHECK(matters_to_dependents(&before, &after));
    }
    SECTION("its spec was edited") {
        ++after.metadata.generation;
        CHECK(matters_to_dependents(&before, &after));
    }
    SECTION("it depends on something else") {
        after.spec.depends_on = {"items"};
        CHECK(matters_to_dependents(&before, &after));
    }
    SECTION("it was made anew") {
        after.metadata.uid = "other";
        CHECK(matters_to_dependents(&before, &after));
    }
}
