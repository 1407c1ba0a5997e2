#include "kube/leader_election.hpp"

#include "support/fake_clock.hpp"
#include "support/simulated_lease.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

using namespace lockkeeper::kube;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using End = LeaderElection::End;
using Happenings = std::vector<SimulatedLease::Happening>;
using Strings = std::vector<std::string>;

namespace {

LeaseRecord held_by(const std::string& holder, std::chrono::seconds duration = 15s) {
    return {.holder = holder,
            .duration = duration,
            .acquire_time = "2026-01-01T00:00:00.000000Z",
            .renew_time = "2026-01-01T00:00:00.000000Z",
            .transitions = 3};
}

/// As the n-th renewal of another holder would leave it, by a clock that is years off.
LeaseRecord renewed_by_other(int n) {
    auto record = held_by("other");
    record.renew_time = "1999-01-01T00:00:0" + std::to_string(n) + ".000000Z";
    return record;
}

/// `me` stands for election while what the script says happens.
struct Election {
    explicit Election(Happenings script, double random = 0)
        : lease(std::move(script)),
          election(lease,
                   {.name = "shop/lease",
                    .identity = "me",
                    .random = [random] { return random; },
                    .wall_clock = [this] { return std::chrono::sys_seconds(1'800'000'000s) + 5ms + now(); }},
                   clock, [this](LogLevel, std::string_view message, const LogFields&) { log.emplace_back(message); }) {
    }

    void run() { election.run(lease.stop()); }
    /// Since the test began.
    std::chrono::steady_clock::duration now() { return clock.now() - TimePoint(1h); }
    bool logged(const std::string& message) const { return std::ranges::count(log, message) > 0; }

    FakeClock clock;
    SimulatedLease lease;
    Strings log;
    LeaderElection election;
};

}  // namespace

TEST_CASE("a lease that is not there is made, and held from then on by one request a retry period") {
    Election me(times(4, nothing()));
    me.run();
    CHECK(me.lease.requests() == Strings{"read", "create", "replace", "replace", "replace"});
    CHECK(me.clock.sleeps() == std::vector<std::chrono::milliseconds>(4, 2s));
    CHECK(me.election.standing().slow_paths == 0);
    CHECK(me.log == Strings{"leading", "released the lease"});
}

TEST_CASE("the record names its holder, and a renewal keeps when it was acquired") {
    std::vector<LeaseRecord> records;
    const auto look = [&](SimulatedLease& lease) { records.push_back(*lease.stored()); };
    Election me(times(2, nothing()) + Happenings{look, look});
    me.run();
    REQUIRE(records.size() == 2);
    CHECK(records[0].holder == "me");
    CHECK(records[0].duration == 15s);
    CHECK(records[0].acquire_time == "2027-01-15T08:00:00.005000Z");
    CHECK(records[0].transitions == 0);
    CHECK(records[1].renew_time == "2027-01-15T08:00:02.005000Z");
    CHECK(records[1].acquire_time == records[0].acquire_time);
}

TEST_CASE("nobody takes the lease of a holder who renews it, however wrong his clock is") {
    Happenings script;
    for (int n = 0; n < 10; ++n) script.push_back(written(renewed_by_other(n)));
    Election me(script, 0.99);
    me.run();
    CHECK(me.lease.requests() == Strings(10, "read"));
    CHECK(me.now() > 20s);
    CHECK(me.log.empty());
}

TEST_CASE("a lease that nobody renews is taken when its holder's duration has passed since it was seen") {
    const auto duration = GENERATE(15s, 30s);
    Election me(Happenings{written(held_by("other", duration))} + times(40, nothing()), 0.5);
    me.run();
    const auto& requests = me.lease.requests();
    const auto first_write = std::ranges::find(requests, "replace") - requests.begin();
    // Each read but the first came after a pause, and the write came with the last of them.
    std::chrono::milliseconds passed{0};
    for (std::ptrdiff_t i = 0; i < first_write - 1; ++i) passed += me.clock.sleeps()[static_cast<std::size_t>(i)];
    CHECK(passed == duration);
    CHECK(me.logged("leading"));
}

TEST_CASE("who takes the lease over counts the change") {
    std::optional<LeaseRecord> taken;
    Election me({written(held_by("")), nothing(), [&](SimulatedLease& lease) { taken = lease.stored(); }});
    me.run();
    CHECK(taken->holder == "me");
    CHECK(taken->transitions == 4);
    CHECK(taken->acquire_time == "2027-01-15T08:00:00.005000Z");
    CHECK(me.lease.requests() == Strings{"read", "replace", "replace", "replace"});
}

TEST_CASE("who loses the race for a lease goes on waiting and makes no noise") {
    Election me({written(held_by("")), written(held_by("other")), nothing(), nothing()});
    me.run();
    CHECK(me.lease.requests() == Strings{"read", "replace", "read", "read"});
    CHECK(me.log.empty());

    Election maker({nothing(), written(held_by("other")), nothing()});
    maker.run();
    CHECK(maker.lease.requests() == Strings{"read", "create", "read"});
    CHECK(maker.log.empty());
}

TEST_CASE("a creation that arrived twice is found to be one's own") {
    Election me({nothing(), [](SimulatedLease& lease) { lease.put(held_by("me")); }, nothing(), nothing()});
    me.run();
    CHECK(me.lease.requests() == Strings{"read", "create", "read", "replace", "replace"});
    CHECK(me.logged("leading"));
}

TEST_CASE("a leader whose lease was touched reads it and goes on") {
    Election me(times(3, nothing()) + Happenings{[](SimulatedLease& lease) { lease.put(*lease.stored()); }} +
                times(3, nothing()));
    me.run();
    CHECK(me.lease.requests() ==
          Strings{"read", "create", "replace", "replace", "read", "replace", "replace", "replace"});
    CHECK(me.election.standing().slow_paths == 1);
    CHECK_FALSE(me.logged("lost the lead"));
}

TEST_CASE("a leader whose lease another one has stops at once and writes nothing more") {
    Election me(times(2, nothing()) + Happenings{written(held_by("other"))} + times(9, nothing()));
    me.run();
    CHECK(me.lease.requests() == Strings{"read", "create", "replace", "read"});
    CHECK(me.lease.stored()->holder == "other");
    CHECK(me.log.back() == "lost the lead");
    CHECK(me.election.wait_while_leading({}) == End::Lost);
    CHECK_FALSE(me.election.standing().leads);
}

TEST_CASE("a leader whose lease was deleted makes it again and goes on") {
    Election me(times(2, nothing()) + Happenings{[](SimulatedLease& lease) { lease.remove(); }} + times(3, nothing()));
    me.run();
    CHECK(me.lease.requests() == Strings{"read", "create", "replace", "read", "create", "replace", "replace"});
    CHECK_FALSE(me.logged("lost the lead"));
}

TEST_CASE("a leader whose lease somebody has emptied takes it again, unless another one was quicker") {
    Election me(times(2, nothing()) + Happenings{written(held_by(""))} + times(3, nothing()));
    me.run();
    CHECK(me.lease.requests() == Strings{"read", "create", "replace", "read", "replace", "replace", "replace"});
    CHECK_FALSE(me.logged("lost the lead"));

    Election slow(times(2, nothing()) + Happenings{written(held_by("")), nothing(), written(held_by("other"))} +
                  times(5, nothing()));
    slow.run();
    CHECK(slow.logged("lost the lead"));
    CHECK(slow.lease.stored()->holder == "other");
}

TEST_CASE("a leader lives through trouble that is shorter than its deadline") {
    const auto trouble = GENERATE(refusal(500, "InternalError"), refusal(503, ""), refusal(429, "TooManyRequests"));
    Election me(times(3, nothing()) + times(6, trouble) + times(3, nothing()));
    me.run();
    CHECK_FALSE(me.logged("lost the lead"));
    CHECK(std::ranges::count(me.log, "cannot read or write the lease; trying on") == 1);
}

TEST_CASE("a leader that cannot renew until its deadline stops, and leaves the lease to run out") {
    const auto trouble = GENERATE(refusal(500, "InternalError"), no_answer());
    Election me(times(2, nothing()) + times(50, trouble));
    me.run();
    CHECK(me.now() == 10s);
    CHECK(me.log.back() == "lost the lead");
    CHECK(me.lease.stored()->holder == "me");
    CHECK(me.election.wait_while_leading({}) == End::Lost);
}

TEST_CASE("a leader that stood still until its deadline asks nobody any more") {
    struct Standstill : FakeClock {
        void sleep(std::chrono::milliseconds duration, const std::stop_token& stop) override {
            FakeClock::sleep(duration + 20s, stop);
        }
    } clock;
    SimulatedLease lease(times(9, nothing()));
    LeaderElection election(lease, {.name = "l", .identity = "me"}, clock, no_log());
    election.run(lease.stop());
    CHECK(lease.requests() == Strings{"read", "create"});
    CHECK(election.wait_while_leading({}) == End::Lost);
}

TEST_CASE("a stopped leader gives the lease to whoever waits") {
    Election me(times(2, nothing()));
    me.run();
    CHECK(me.lease.requests() == Strings{"read", "create", "replace"});
    const auto record = *me.lease.stored();
    CHECK(record.holder.empty());
    CHECK(record.duration == 1s);
    CHECK(record.transitions == 0);
    CHECK_FALSE(me.election.standing().leads);
}

TEST_CASE("a release that meets another version is tried again, but only while the lease is ours") {
    // The write that the script's end interrupts is a renewal; the release comes after it.
    struct Touched : SimulatedLease {
        explicit Touched(LeaseRecord by) : SimulatedLease(times(2, nothing())), by_(std::move(by)) {}
        void replace(const LeaseRecord& record, const std::stop_token& stop) override {
            if (record.holder.empty() && !std::exchange(touched_, true)) put(by_);
            SimulatedLease::replace(record, stop);
        }
        LeaseRecord by_;
        bool touched_ = false;
    };
    FakeClock clock;
    Touched touched(held_by("me"));
    LeaderElection election(touched, {.name = "l", .identity = "me"}, clock, no_log());
    election.run(touched.stop());
    CHECK(touched.stored()->holder.empty());

    Touched taken(held_by("other"));
    LeaderElection late(taken, {.name = "l", .identity = "me"}, clock, no_log());
    late.run(taken.stop());
    CHECK(taken.stored()->holder == "other");
}

TEST_CASE("who does not lead releases nothing") {
    Election me({written(held_by("other")), nothing()});
    me.run();
    CHECK(me.lease.requests() == Strings{"read", "read"});
}

TEST_CASE("who waits looks at once when told to") {
    Happenings script{written(held_by("other", 3600s)), nothing()};
    SimulatedLease lease(script);
    SystemClock clock;
    LeaderElection election(lease, {.name = "l", .identity = "me", .times = {7200s, 7000s, 3600s}}, clock, no_log());
    // The third look is past the script and ends it. Without being told, each would come an hour after the other.
    std::jthread run([&] { election.run(lease.stop()); });
    while (!lease.stop().stop_requested()) {
        election.look_now();
        std::this_thread::sleep_for(1ms);
    }
    run.join();
    CHECK(lease.requests() == Strings{"read", "read"});
}

TEST_CASE("the lead ends at its deadline, also while a request hangs") {
    std::mutex mutex;
    std::condition_variable released_now;
    bool may_go_on = false;
    SimulatedLease lease(times(2, nothing()) + Happenings{[&](SimulatedLease&) {
                             std::unique_lock lock(mutex);
                             released_now.wait(lock, [&] { return may_go_on; });
                         }});
    SystemClock clock;
    LeaderElection election(lease, {.name = "l", .identity = "me", .times = {1s, 200ms, 20ms}}, clock, no_log());
    std::jthread run([&] { election.run(lease.stop()); });
    REQUIRE(election.wait_to_lead({}));
    CHECK(election.wait_while_leading({}) == End::Lost);
    {
        const std::lock_guard lock(mutex);
        may_go_on = true;
    }
    released_now.notify_all();
}

TEST_CASE("who watches a leader sees how old its lease is") {
    const LeaderElection* watched = nullptr;
    std::vector<std::chrono::steady_clock::duration> ages;
    const auto look = [&](SimulatedLease&) {
        ages.push_back(watched->standing().since_renewal);
        throw TransportError(TransportError::Kind::Timeout, "no answer");
    };
    Election me(times(2, nothing()) + times(4, look));
    watched = &me.election;
    CHECK(me.election.standing().since_renewal == 0s);
    me.run();
    CHECK(ages == std::vector<std::chrono::steady_clock::duration>{2s, 4s, 6s, 8s});
}
