#include "reconcile/job_status.hpp"

#include "reconcile/decide.hpp"
#include "reconcile/fingerprint.hpp"
#include "support/builders.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using namespace lockkeeper::reconcile;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> versions{"0001_customers", "0002_orders"};

ObservedState new_shop() {
    auto observed = tests::new_shop();
    observed.migration.spec.execution.mode = api::ExecutionMode::Job;
    return observed;
}

std::string rule_for(const ObservedState& observed) {
    return std::string(decide(observed).rule);
}

ObservedState begun(ObservedState observed) {
    observed.migration.status = status_before_job(observed);
    return observed;
}

ObservedState ended(ObservedState observed, Outcome outcome) {
    observed.migration.status = status_after_job(observed, {std::move(outcome), {}, {}}, {observed.now, 0.5}).status;
    return observed;
}

Outcome success() {
    return tests::run_that_succeeded(tests::database_with(versions, versions));
}

ObservedState ready_shop() {
    return ended(begun(new_shop()), success());
}

}  // namespace

TEST_CASE("before a Job is made, the status says its name, its number, its inputs and that it is under way") {
    const auto observed = begun(new_shop());
    const auto& status = observed.migration.status;
    CHECK(status.run == 1);
    CHECK(status.job->name.ends_with("-1"));
    CHECK_FALSE(status.job->finished_at);
    CHECK(status.inputs_fingerprint == inputs_fingerprint(observed));
    CHECK(status.observed_generation == observed.migration.metadata.generation);
    CHECK(tests::conditions_of(status) == "Ready=Unknown/Progressing Reconciling=True/Migrating");
    CHECK(job_is_under_way(status));
}

TEST_CASE("a Job that is under way is followed, whatever else has changed meanwhile") {
    auto observed = begun(new_shop());
    CHECK(std::holds_alternative<Follow>(decide(observed).action));
    observed.migration.spec.suspend = true;
    observed.migration.spec.execution.mode = api::ExecutionMode::InProcess;
    tests::edit_spec(observed);
    CHECK(std::holds_alternative<Follow>(decide(observed).action));
    observed.source = SourceNotFound{{"shop-migrations"}};
    CHECK(std::holds_alternative<Follow>(decide(observed).action));
    observed.migration.metadata.deletion_timestamp = api::Timestamp();
    CHECK(std::holds_alternative<Nothing>(decide(observed).action));
}

TEST_CASE("a request that comes while a Job is under way is not answered by that Job") {
    auto observed = begun(new_shop());
    observed.migration.metadata.requested_at = "now";
    CHECK(std::holds_alternative<Follow>(decide(observed).action));
    const JobEnded ended{tests::run_that_succeeded(tests::database_with({}, {})), {}, {}};
    CHECK(status_after_job(observed, ended, {observed.now, 0.5}).status.last_handled_request.empty());
}

TEST_CASE("once Ready, no Job is started on the same inputs, also by a controller that has just been started") {
    auto observed = ready_shop();
    CHECK(tests::conditions_of(observed.migration.status) == "Ready=True/UpToDate");
    CHECK(rule_for(observed) == "settled");
    observed.now += 24h;
    CHECK(rule_for(observed) == "settled");
    SECTION("nor for an edit that no run depends on") {
        observed.migration.spec.execution.timeout = 5min;
        tests::edit_spec(observed);
        CHECK(rule_for(observed) == "settled");
    }
    SECTION("but where a person asks for one") {
        observed.migration.metadata.requested_at = "now";
        CHECK(rule_for(observed) == "run");
        const auto status = status_before_job(observed);
        CHECK(status.last_handled_request == "now");
    }
    SECTION("and for another goal") {
        observed.migration.spec.target_version = "0001_customers";
        tests::edit_spec(observed);
        CHECK(rule_for(observed) == "run");
    }
    SECTION("and for another database") {
        observed.migration.spec.database_url.key = "other";
        tests::edit_spec(observed);
        CHECK(rule_for(observed) == "run");
    }
    SECTION("and for other scripts") {
        observed.source = SourceFound{tests::scripts_of({"0001_customers", "0002_orders", "0003_items"})};
        CHECK(rule_for(observed) == "run");
    }
}

TEST_CASE("with an interval another Job looks at the database once it has passed, and not before") {
    auto observed = ready_shop();
    observed.migration.spec.interval = 10min;
    observed.now += 4min;
    CHECK(rule_for(observed) == "settled");
    CHECK(next_status(observed, decide(observed).action).requeue_after == 6min);
    observed.now += 6min;
    CHECK(rule_for(observed) == "run");
    auto looked_at = begun(observed);
    CHECK(tests::conditions_of(looked_at.migration.status) == "Ready=True/UpToDate");
    const RunProgress starting{"Migrating", "the Job's pod starts", {}, {}};
    CHECK(status_during_job(looked_at, JobRuns{starting}) == looked_at.migration.status);
    looked_at = ended(looked_at, success());
    CHECK(tests::conditions_of(looked_at.migration.status) == "Ready=True/UpToDate");
    observed.migration.spec.suspend = true;
    CHECK(rule_for(observed) == "suspended with every script applied");
    CHECK_FALSE(next_status(observed, decide(observed).action).requeue_after);
}

TEST_CASE("a process of the controller looks at the database itself, and is never settled") {
    auto observed = ready_shop();
    observed.migration.spec.execution.mode = api::ExecutionMode::InProcess;
    CHECK(rule_for(observed) == "run");
}

TEST_CASE("the fingerprint of inputs stays the same for the same inputs, and is no secret") {
    const auto fingerprint = inputs_fingerprint(new_shop());
    CHECK(fingerprint.starts_with("sha256:"));
    auto other = new_shop();
    other.migration.spec.suspend = true;
    other.migration.spec.retry.initial_delay = 1h;
    other.migration.metadata.generation = 9;
    CHECK(inputs_fingerprint(other) == fingerprint);
    other.migration.spec.session.role = "owner";
    CHECK(inputs_fingerprint(other) != fingerprint);
}

TEST_CASE("a Job's failure that passes is tried again as another run, and one that does not stalls") {
    auto observed = ended(begun(new_shop()), ExecutionFailure{"PodEvicted", "taken away", migration::Retry::Soon});
    const auto& status = observed.migration.status;
    CHECK(tests::conditions_of(status) == "Ready=False/PodEvicted Reconciling=True/PodEvicted");
    CHECK(status.failures == 1);
    CHECK(status.next_retry_time);
    CHECK(status.job->finished_at);
    CHECK(rule_for(observed) == "retry not due");
    observed.now += 1h;
    CHECK(rule_for(observed) == "run");
    observed = begun(observed);
    CHECK(observed.migration.status.run == 2);
    CHECK(observed.migration.status.failures == 1);

    observed = ended(observed, ExecutionFailure{"JobRefused", "no such field", migration::Retry::Never});
    CHECK(tests::conditions_of(observed.migration.status) == "Ready=False/JobRefused Stalled=True/JobRefused");
    CHECK(observed.migration.status.failures == 2);
    observed.now += 24h;
    CHECK(rule_for(observed) == "failed for good");
    tests::edit_spec(observed);
    CHECK(rule_for(observed) == "run");
}

TEST_CASE("what is refused in a Job is not tried again until an input changes") {
    const auto observed =
        ended(begun(new_shop()), tests::run_that_failed(migration::FailureKind::ChecksumMismatch, "x"));
    CHECK(tests::conditions_of(observed.migration.status) ==
          "Ready=False/ChecksumMismatch Stalled=True/ChecksumMismatch");
    CHECK(rule_for(observed) == "failed for good");
}

TEST_CASE("a Job's result is of the Migration that it was made by, and an edit meanwhile starts another") {
    auto observed = begun(new_shop());
    tests::edit_spec(observed);
    observed.source = SourceFound{tests::scripts_of({"0001_customers", "0002_orders", "0003_items"})};
    const auto digest = observed.migration.status.source_digest;
    observed = ended(observed, success());
    CHECK(observed.migration.status.observed_generation == 1);
    CHECK(observed.migration.status.source_digest == digest);
    CHECK(rule_for(observed) == "run");
}

TEST_CASE("while a Job is under way its conditions say what it does or waits for") {
    auto observed = begun(new_shop());
    const auto stuck = status_during_job(observed, JobIsStuck{"ImagePullFailed", "no such image"});
    CHECK(tests::conditions_of(stuck) == "Ready=False/ImagePullFailed Reconciling=True/ImagePullFailed");
    CHECK(job_is_under_way(stuck));
    observed.migration.status = stuck;
    const RunProgress progress{"WaitingForLock", "held by pid 7", api::AwaitedLock{42, {}}, {}};
    const auto waiting = status_during_job(observed, JobRuns{progress});
    CHECK(tests::conditions_of(waiting) == "Ready=Unknown/Progressing Reconciling=True/WaitingForLock");
    CHECK(waiting.lock->key == 42);
    observed.migration.status = waiting;
    observed = ended(observed, success());
    CHECK_FALSE(observed.migration.status.lock);
}
