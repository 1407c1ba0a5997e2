// What must be true of every status, whatever led to it: kstatus (sigs.k8s.io/cli-utils) and everything that builds on
// it read no more than this. Checked over all ways of two steps through the controller.
#include "reconcile/decide.hpp"
#include "reconcile/next_status.hpp"
#include "support/builders.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace lockkeeper;
using namespace lockkeeper::reconcile;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> versions{"0001_customers", "0002_orders"};

/// Something that happens to a Migration between two reconciles.
struct Event {
    std::string name;
    std::function<void(ObservedState&)> happen;
};

const std::vector<Event>& events() {
    static const std::vector<Event> all{
        {"nothing", [](ObservedState&) {}},
        {"time", [](ObservedState& observed) { observed.now += 10min; }},
        {"spec edited", edit_spec},
        {"suspended",
         [](ObservedState& observed) {
             observed.migration.spec.suspend = true;
             edit_spec(observed);
         }},
        {"resumed",
         [](ObservedState& observed) {
             observed.migration.spec.suspend = false;
             edit_spec(observed);
         }},
        {"spec broken", [](ObservedState& observed) { observed.migration.invalid_spec.emplace(); }},
        {"new script", [](ObservedState& observed) { observed.source = SourceFound{scripts_of({"0003_new"})}; }},
        {"source emptied", [](ObservedState& observed) { observed.source = SourceFound{}; }},
        {"source gone", [](ObservedState& observed) { observed.source = SourceNotFound{{"a"}}; }},
        {"source broken",
         [](ObservedState& observed) {
             observed.source = SourceInvalid{"bad", "a.sql", 1, 1};
         }},
        {"digest expected",
         [](ObservedState& observed) { observed.migration.spec.source.expected_digest = "sha256:0"; }},
        {"deleted", [](ObservedState& observed) { observed.migration.metadata.deletion_timestamp = api::Timestamp(); }},
    };
    return all;
}

std::vector<Outcome> outcomes() {
    std::vector<Outcome> all{run_that_succeeded(database_with(versions, versions)),
                             run_that_succeeded(database_with(versions, {})), run_that_succeeded(database_with({}, {})),
                             run_that_succeeded(database_with({}, versions)),
                             SecretNotFound{"shop-db", "uri", SecretNotFound::What::Key}};
    for (const auto kind : all_failure_kinds) {
        all.emplace_back(run_that_failed(kind));
        auto with_database = run_that_failed(kind);
        with_database.database = database_with({"0001_customers"}, versions);
        all.emplace_back(with_database);
    }
    return all;
}

void check_invariants(const api::MigrationStatus& status, const ObservedState& observed) {
    const auto generation = observed.migration.metadata.generation;
    const auto* ready = api::find_condition(status.conditions, "Ready");
    const auto* reconciling = api::find_condition(status.conditions, "Reconciling");
    const auto* stalled = api::find_condition(status.conditions, "Stalled");
    REQUIRE(ready != nullptr);
    REQUIRE(status.observed_generation == generation);
    REQUIRE((reconciling == nullptr || stalled == nullptr));
    for (const auto* abnormal : {reconciling, stalled}) {
        REQUIRE((abnormal == nullptr || abnormal->status == api::ConditionStatus::True));
    }
    if (ready->status == api::ConditionStatus::True) REQUIRE((reconciling == nullptr && stalled == nullptr));
    if (status.next_retry_time) REQUIRE(reconciling != nullptr);
    for (const auto& condition : status.conditions) {
        REQUIRE(condition.observed_generation == generation);
        REQUIRE_FALSE(condition.reason.empty());
    }
}

void check_transition_times(const api::MigrationStatus& before, const api::MigrationStatus& after, api::Timestamp now) {
    for (const auto& condition : after.conditions) {
        const auto* earlier = api::find_condition(before.conditions, condition.type);
        const bool same = earlier != nullptr && earlier->status == condition.status;
        REQUIRE(condition.last_transition_time == (same ? earlier->last_transition_time : now));
    }
}

/// The same status but for what counts and times retries.
api::MigrationStatus without_retry(api::MigrationStatus status) {
    status.failures = 0;
    status.next_retry_time.reset();
    return status;
}

/// One reconcile, with all that must be true of it.
void reconcile_once(ObservedState& observed, const Outcome& outcome) {
    const auto now = std::chrono::floor<std::chrono::seconds>(observed.now);
    const auto decision = decide(observed);
    INFO("rule: " << decision.rule);
    const bool runs = std::holds_alternative<Run>(decision.action);
    const auto step = [&] {
        return runs ? status_after_run(observed, outcome, {observed.now, 0.5}) : next_status(observed, decision.action);
    };
    if (const auto progress = runs ? progress_before_run(observed) : std::nullopt) {
        const auto status = status_while_running(status_of_run(observed), *progress, observed.now);
        check_invariants(status, observed);
        check_transition_times(observed.migration.status, status, now);
        observed.migration.status = status;
    }
    const auto before = observed.migration.status;
    const auto first = step();
    INFO(conditions_of(before) << " -> " << conditions_of(first.status));
    check_transition_times(before, first.status, now);
    if (!observed.migration.metadata.deletion_timestamp) {
        check_invariants(first.status, observed);
        if (first.status.next_retry_time) REQUIRE(first.requeue_after);
    }

    observed.migration.status = first.status;
    const auto second = step();
    REQUIRE(without_retry(second.status) == without_retry(first.status));
}

}  // namespace

TEST_CASE("every status is one that kstatus understands, and a step done twice changes nothing more") {
    const auto ends = outcomes();
    for (const auto& first_end : ends) {
        for (const auto& event : events()) {
            for (const auto& second_end : ends) {
                auto observed = new_shop();
                reconcile_once(observed, first_end);
                event.happen(observed);
                INFO("event: " << event.name);
                observed.now += 1s;
                reconcile_once(observed, second_end);
            }
        }
    }
}

TEST_CASE("a resource that begins with any event is understood as well") {
    for (const auto& event : events()) {
        for (const auto& end : outcomes()) {
            INFO("event: " << event.name);
            auto observed = new_shop();
            event.happen(observed);
            if (observed.migration.metadata.deletion_timestamp) continue;
            reconcile_once(observed, end);
        }
    }
}
