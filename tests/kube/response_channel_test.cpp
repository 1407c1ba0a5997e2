#include "kube/response_channel.hpp"

#include <catch2/catch.hpp>

#include <thread>

using namespace lockkeeper::kube;
using namespace std::chrono_literals;
using Pushed = ResponseChannel::Pushed;
using Kind = TransportFailure::Kind;

namespace {

TimePoint soon() {
    return std::chrono::steady_clock::now() + 10s;
}

Kind kind_of_read(ResponseChannel& channel, TimePoint until, const std::stop_token& stop = {}) {
    try {
        channel.read(until, stop);
    } catch (const TransportError& error) {
        return error.kind();
    }
    FAIL("bytes, where an error was expected");
    return {};
}

}  // namespace

TEST_CASE("a reader gets the head, all bytes and the end") {
    ResponseChannel channel(100);
    channel.set_head({200, {{"a", "b"}}});
    channel.push("one ");
    channel.push("two");
    channel.finish({});
    CHECK(channel.wait_for_head(soon(), {}).header("a") == "b");
    CHECK(channel.read(soon(), {}) == "one two");
    CHECK(channel.read(soon(), {}).empty());
    CHECK(channel.wait_finished(0ms));
}

TEST_CASE("who waits for the end waits for neither head nor bytes, but for no more bytes than there is room for") {
    ResponseChannel channel(4);
    channel.set_head({200, {}});
    channel.push("one");
    CHECK_THROWS_AS(channel.wait_for_end(std::chrono::steady_clock::now(), {}), TransportError);
    CHECK(channel.push("two") == Pushed::Full);
    channel.wait_for_end(soon(), {});
    CHECK(channel.read(soon(), {}) == "onetwo");
    std::jthread producer([&] {
        channel.push("end");
        channel.finish({});
    });
    channel.wait_for_end(soon(), {});
    CHECK(channel.read(soon(), {}) == "end");
    CHECK(channel.read(soon(), {}).empty());
}

TEST_CASE("a failure comes after all that was received before it") {
    ResponseChannel channel(100);
    channel.push("half");
    channel.finish(TransportFailure{Kind::Lost, "gone"});
    channel.finish({});
    CHECK(channel.read(soon(), {}) == "half");
    CHECK(kind_of_read(channel, soon()) == Kind::Lost);
}

TEST_CASE("a reader waits no longer than it wants to") {
    ResponseChannel channel(100);
    CHECK(kind_of_read(channel, std::chrono::steady_clock::now()) == Kind::Timeout);
}

TEST_CASE("a stop ends a wait, and a stream that never ends as well") {
    ResponseChannel channel(100);
    std::stop_source stop;
    std::jthread stopper([&] { stop.request_stop(); });
    CHECK(kind_of_read(channel, soon(), stop.get_token()) == Kind::Interrupted);
    channel.push("more and more");
    CHECK(kind_of_read(channel, soon(), stop.get_token()) == Kind::Interrupted);
}

TEST_CASE("a producer that is told the channel is full goes on once it has been read") {
    ResponseChannel channel(4);
    CHECK(channel.push("abc") == Pushed::Taken);
    CHECK(channel.push("d") == Pushed::Full);
    int resumed = 0;
    channel.when_room([&] { ++resumed; });
    CHECK(resumed == 0);
    CHECK(channel.read(soon(), {}) == "abcd");
    CHECK(resumed == 1);
    channel.when_room([&] { ++resumed; });
    CHECK(resumed == 2);
}

TEST_CASE("a producer whose reader is gone is not left waiting") {
    ResponseChannel channel(1);
    CHECK(channel.push("a") == Pushed::Full);
    int resumed = 0;
    channel.when_room([&] { ++resumed; });
    channel.abandon();
    CHECK(resumed == 1);
    CHECK(channel.push("b") == Pushed::Abandoned);
    channel.when_room([&] { ++resumed; });
    CHECK(resumed == 2);
}
