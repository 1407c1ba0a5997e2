// The status where nothing ran: what decide found stands in the way.
#include "reconcile/decide.hpp"
#include "reconcile/next_status.hpp"
#include "support/builders.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using namespace lockkeeper::reconcile;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using migration::FailureKind;

namespace {

NextStatus follow(const ObservedState& observed) {
    return next_status(observed, decide(observed).action);
}

}  // namespace

TEST_CASE("suspended with something pending is not Ready, and neither Reconciling nor Stalled") {
    auto observed = after_run(new_shop(), run_that_failed(FailureKind::DatabaseUnreachable));
    observed.migration.spec.suspend = true;
    edit_spec(observed);
    const auto next = follow(observed);
    CHECK(conditions_of(next.status) == "Ready=False/Suspended");
    CHECK_FALSE(next.status.next_retry_time);
    CHECK_FALSE(next.requeue_after);
    CHECK(next.status.observed_generation == 2);
}

TEST_CASE("suspended with every script applied stays Ready, in the new generation") {
    auto observed = ready_shop();
    observed.migration.spec.suspend = true;
    edit_spec(observed);
    const auto status = follow(observed).status;
    CHECK(conditions_of(status) == "Ready=True/UpToDate");
    CHECK(status.observed_generation == 2);
    CHECK(status.conditions[0].observed_generation == 2);
    CHECK(status.conditions[0].last_transition_time == noon());
}

TEST_CASE("resuming tries a script again that had failed for good") {
    auto observed = after_run(new_shop(), run_that_failed(FailureKind::ScriptFailed));
    observed.migration.spec.suspend = true;
    edit_spec(observed);
    observed.migration.status = follow(observed).status;
    observed.migration.spec.suspend = false;
    edit_spec(observed);
    CHECK(decide(observed).rule == "run");
}

TEST_CASE("a ConfigMap that is not there leaves what is known of the database") {
    auto observed = ready_shop();
    observed.source = SourceNotFound{{"shop-migrations"}};
    const auto next = follow(observed);
    CHECK(conditions_of(next.status) == "Ready=False/SourceNotFound Reconciling=True/SourceNotFound");
    CHECK(next.status.applied_count == 2);
    CHECK(next.status.source_digest == observed.migration.status.source_digest);
    CHECK_FALSE(next.requeue_after);
}

TEST_CASE("a spec that cannot be read is Stalled in its own generation") {
    auto observed = ready_shop();
    observed.migration.invalid_spec = api::InvalidSpec{"spec.source: write a source"};
    edit_spec(observed);
    const auto status = follow(observed).status;
    CHECK(conditions_of(status) == "Ready=False/InvalidSpec Stalled=True/InvalidSpec");
    CHECK(status.observed_generation == 2);
}

TEST_CASE("while a retry is not due the status stays, and the rest of the delay is waited for") {
    auto observed = after_run(new_shop(), run_that_failed(FailureKind::AccessDenied));
    observed.now += 2s;
    const auto next = follow(observed);
    CHECK(next.status == observed.migration.status);
    CHECK(next.requeue_after == *observed.migration.status.next_retry_time - observed.now);
}
