#include "kube/lease_rules.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace lockkeeper::kube;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

const TimePoint start{1000h};
const LeaseTimes times;
const Candidate follower{"me", false};
const Candidate leader{"me", true};

ObservedLease seen(const std::string& holder, std::chrono::seconds duration = 15s) {
    return {{.holder = holder, .duration = duration, .acquire_time = {}, .renew_time = {}, .transitions = 0}, start};
}

}  // namespace

TEST_CASE("a lease is waited for, taken, renewed or given up by who holds it and how long it was seen unchanged") {
    CHECK(next_move(seen("other"), follower, start) == LeaseMove::Wait);
    CHECK(next_move(seen("other"), follower, start + 14999ms) == LeaseMove::Wait);
    CHECK(next_move(seen("other"), follower, start + 15s) == LeaseMove::Take);
    CHECK(next_move(seen("other", 1s), follower, start + 1s) == LeaseMove::Take);
    CHECK(next_move(seen(""), follower, start) == LeaseMove::Take);
    CHECK(next_move(seen("me"), follower, start) == LeaseMove::Renew);
    CHECK(next_move(seen("me"), leader, start + 1h) == LeaseMove::Renew);
    CHECK(next_move(seen("other"), leader, start) == LeaseMove::Stop);
    CHECK(next_move(seen("other"), leader, start + 1h) == LeaseMove::Stop);
    CHECK(next_move(seen(""), leader, start) == LeaseMove::Take);
}

TEST_CASE("a record that was not renewed keeps the time at which it was first seen") {
    std::optional<ObservedLease> observed;
    auto record = seen("other").record;
    note(observed, record, start);
    note(observed, record, start + 9s);
    CHECK(observed->since == start);
    record.renew_time = "1999-01-01T00:00:00.000000Z";
    note(observed, record, start + 11s);
    CHECK(observed->since == start + 11s);
}

TEST_CASE("only a leader whose own lease still holds renews it unread") {
    CHECK(may_renew_unread(seen("me"), leader, start + 14s));
    CHECK_FALSE(may_renew_unread(seen("me"), leader, start + 15s));
    CHECK_FALSE(may_renew_unread(seen("me"), follower, start));
    CHECK_FALSE(may_renew_unread(seen("other"), leader, start));
    CHECK_FALSE(may_renew_unread(std::nullopt, leader, start));
}

TEST_CASE("a leader retries each period, and who waits does so with jitter, but is there when the lease runs out") {
    CHECK(pause_before_next_try(seen("me"), leader, times, 0.9, start) == 2s);
    CHECK(pause_before_next_try(seen("other"), follower, times, 0, start) == 2s);
    CHECK(pause_before_next_try(seen("other"), follower, times, 0.5, start) == 3200ms);
    CHECK(pause_before_next_try(seen("other"), follower, times, 0.5, start + 14s) == 1s);
    CHECK(pause_before_next_try(seen("other"), follower, times, 0.5, start + 15s) == 3200ms);
    CHECK(pause_before_next_try(std::nullopt, follower, times, 0.5, start) == 3200ms);
    CHECK(leading_ends(start, times) == start + 10s);
}

TEST_CASE("times with which two could lead at once, or none for long, are refused") {
    CHECK_FALSE(what_is_wrong_with(times));
    CHECK_THAT(*what_is_wrong_with({10s, 10s, 2s}), Contains("longer than the renew deadline"));
    CHECK_THAT(*what_is_wrong_with({15s, 2400ms, 2s}), Contains("1.2 times the retry period"));
    CHECK_THAT(*what_is_wrong_with({15s, 10s, 0s}), Contains("not positive"));
    CHECK_THAT(*what_is_wrong_with({15500ms, 10s, 2s}), Contains("whole seconds"));
}

TEST_CASE("a Lease is read as far as it can be, and written as the API server wants it") {
    const auto record = lease_record_of({{"spec",
                                          {{"holderIdentity", "a"},
                                           {"leaseDurationSeconds", 15},
                                           {"acquireTime", "2026-01-31T08:09:10.000001Z"},
                                           {"renewTime", "2026-01-31T08:09:12.000001Z"},
                                           {"leaseTransitions", 7}}}});
    CHECK(record.holder == "a");
    CHECK(record.duration == 15s);
    CHECK(record.transitions == 7);
    CHECK(lease_record_of({{"spec", to_lease_spec(record)}}) == record);
    CHECK(lease_record_of(json::object()) == LeaseRecord{});
    CHECK(lease_record_of({{"spec", {{"holderIdentity", nullptr}, {"leaseDurationSeconds", "x"}}}}) == LeaseRecord{});
    CHECK_FALSE(to_lease_spec({}).contains("renewTime"));
    CHECK(to_micro_time(std::chrono::sys_seconds(0s) + 42us) == "1970-01-01T00:00:00.000042Z");
    CHECK(to_micro_time(std::chrono::sys_seconds(1'769'846'950s) + 123456us) == "2026-01-31T08:09:10.123456Z");
}
