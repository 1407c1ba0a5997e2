#include "app/runtime_metrics.hpp"

#include "kube/worker_pool.hpp"
#include "support/fake_clock.hpp"

#include <catch2/catch.hpp>
#include <prometheus/text_serializer.h>

#include <atomic>
#include <stdexcept>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

const kube::NamespacedName a{"shop", "a"};
const kube::NamespacedName b{"shop", "b"};

struct Counted {
    tests::FakeClock clock;
    RuntimeMetrics metrics{{"migration", "10.0.0.1:443", 4}, clock};

    std::string text() const { return prometheus::TextSerializer().Serialize(metrics.Collect()); }
};

const std::string queue_labels = R"({controller="migration",name="migration"})";

}  // namespace

TEST_CASE("controller-runtime's series are there from the start, with their labels and 0") {
    const Counted counted;
    const auto text = counted.text();
    for (const std::string series :
         {R"(controller_runtime_reconcile_total{controller="migration",result="success"} 0)",
          R"(controller_runtime_reconcile_total{controller="migration",result="error"} 0)",
          R"(controller_runtime_reconcile_total{controller="migration",result="requeue"} 0)",
          R"(controller_runtime_reconcile_total{controller="migration",result="requeue_after"} 0)",
          R"(controller_runtime_reconcile_errors_total{controller="migration"} 0)",
          R"(controller_runtime_terminal_reconcile_errors_total{controller="migration"} 0)",
          R"(controller_runtime_reconcile_panics_total{controller="migration"} 0)",
          R"(controller_runtime_reconcile_time_seconds_count{controller="migration"} 0)",
          R"(controller_runtime_max_concurrent_reconciles{controller="migration"} 4)",
          R"(controller_runtime_active_workers{controller="migration"} 0)"}) {
        CHECK_THAT(text, Contains(series));
    }
    for (const std::string name :
         {"workqueue_depth", "workqueue_adds_total", "workqueue_retries_total",
          "workqueue_queue_duration_seconds_count", "workqueue_work_duration_seconds_count",
          "workqueue_unfinished_work_seconds", "workqueue_longest_running_processor_seconds"}) {
        CHECK_THAT(text, Contains(name + queue_labels + " 0"));
    }
}

TEST_CASE("a queue's depth, waits and work are those of its keys") {
    Counted counted;
    kube::WorkQueue queue(counted.clock, &counted.metrics);
    queue.add(a);
    queue.add(a);  // is there already
    queue.add_after(b, 1s);
    CHECK_THAT(counted.text(), Contains("workqueue_depth" + queue_labels + " 1\n") &&
                                   Contains("workqueue_adds_total" + queue_labels + " 1\n"));
    counted.clock.advance(2s);
    REQUIRE(queue.take() == a);  // and b's time has come
    counted.clock.advance(3s);
    const auto text = counted.text();
    CHECK_THAT(text, Contains("workqueue_depth" + queue_labels + " 1\n"));
    CHECK_THAT(text, Contains("workqueue_adds_total" + queue_labels + " 2\n"));
    CHECK_THAT(text, Contains("workqueue_queue_duration_seconds_sum" + queue_labels + " 2\n"));
    CHECK_THAT(text, Contains("workqueue_unfinished_work_seconds" + queue_labels + " 3\n"));
    CHECK_THAT(text, Contains("workqueue_longest_running_processor_seconds" + queue_labels + " 3\n"));
    queue.done(a);
    CHECK_THAT(counted.text(), Contains("workqueue_work_duration_seconds_sum" + queue_labels + " 3\n") &&
                                   Contains("workqueue_unfinished_work_seconds" + queue_labels + " 0\n"));
    queue.shut_down();
    CHECK_THAT(counted.text(), Contains("workqueue_depth" + queue_labels + " 0\n"));
}

TEST_CASE("each reconcile is counted by how it ended") {
    Counted counted;
    kube::SystemClock clock;
    kube::WorkQueue queue(clock);
    {
        std::atomic<int> runs = 0;
        kube::WorkerPool pool(
            queue,
            [&](const kube::NamespacedName&, const std::stop_token&) -> kube::ReconcileResult {
                const int run = ++runs;
                if (run == 1) throw std::runtime_error("no luck");
                if (run == 2) throw 42;  // NOLINT(hicpp-exception-baseclass)
                if (run == 3) return kube::Failed{};
                if (run == 4) return kube::RequeueAfter{1ms};
                queue.shut_down();
                return kube::Done{};
            },
            {.workers = 1, .retry = {1ms, 2ms}, .observer = &counted.metrics}, kube::no_log());
        queue.add(a);
        while (runs < 5) std::this_thread::yield();
        pool.shut_down(10s);
    }
    const auto text = counted.text();
    CHECK_THAT(text, Contains(R"(reconcile_total{controller="migration",result="success"} 1)"));
    CHECK_THAT(text, Contains(R"(reconcile_total{controller="migration",result="error"} 3)"));
    CHECK_THAT(text, Contains(R"(reconcile_total{controller="migration",result="requeue_after"} 1)"));
    CHECK_THAT(text, Contains(R"(reconcile_panics_total{controller="migration"} 1)"));
    CHECK_THAT(text, Contains(R"(reconcile_time_seconds_count{controller="migration"} 5)"));
    CHECK_THAT(text, Contains(R"(active_workers{controller="migration"} 0)"));
    CHECK_THAT(text, Contains("workqueue_retries_total" + queue_labels + " 4"));
}
