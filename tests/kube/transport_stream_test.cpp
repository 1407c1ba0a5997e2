#include "kube/transport.hpp"
#include "support/scripted_api_server.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>
#include <vector>

using namespace lockkeeper;
using namespace lockkeeper::kube;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using Kind = TransportError::Kind;

namespace {

HttpRequest watch() {
    HttpRequest request;
    request.method = "GET";
    request.path = "/watch";
    return request;
}

/// Chunks without an end, until the client has gone.
Script endless(std::atomic<long>& chunks) {
    return [&](const SeenRequest&, Reply& reply) {
        reply.begin_chunks(200);
        while (reply.is_open()) {
            reply.chunk(std::string(1'000, 'x'));
            ++chunks;
        }
    };
}

const Script one_chunk_then_silence = [](const SeenRequest&, Reply& reply) {
    reply.begin_chunks(200);
    reply.chunk("one");
    reply.stay_silent();
};

}  // namespace

TEST_CASE("a stream brings each chunk when it comes, and then its end") {
    std::atomic<bool> may_go_on{false};
    ScriptedApiServer server([&](const SeenRequest&, Reply& reply) {
        reply.begin_chunks(200);
        reply.chunk("one");
        while (!may_go_on) std::this_thread::yield();
        reply.chunk("two");
        reply.end_chunks();
    });
    const auto transport = connect_transport(server.config(), {});
    const auto stream = transport->open(watch(), {});
    CHECK(stream->head().status == 200);
    CHECK(stream->read(10s, {}) == "one");
    may_go_on = true;
    CHECK(stream->read(10s, {}) == "two");
    CHECK(stream->read(10s, {}).empty());
}

TEST_CASE("a silent stream is waited for no longer than wanted, and goes on after") {
    ScriptedApiServer server(one_chunk_then_silence);
    const auto transport = connect_transport(server.config(), {});
    const auto stream = transport->open(watch(), {});
    CHECK(stream->read(10s, {}) == "one");
    for (int count = 0; count < 3; ++count) {
        try {
            stream->read(10ms, {});
            FAIL("bytes, where there are none");
        } catch (const TransportError& error) {
            CHECK(error.kind() == Kind::Timeout);
        }
    }
}

TEST_CASE("a stop ends the wait for a stream that is silent") {
    ScriptedApiServer server(one_chunk_then_silence);
    const auto transport = connect_transport(server.config(), {});
    const auto stream = transport->open(watch(), {});
    stream->read(10s, {});
    std::stop_source stop;
    std::jthread stopper([&] { stop.request_stop(); });
    CHECK_THROWS_AS(stream->read(1h, stop.get_token()), TransportError);
}

TEST_CASE("a stream that nobody reads makes the server wait") {
    std::atomic<long> chunks{0};
    ScriptedApiServer server(endless(chunks));
    const auto transport = connect_transport(server.config(), {.stream_buffer = 10'000});
    const auto stream = transport->open(watch(), {});
    // All buffers between us fill up: then nothing moves for a while.
    long before = -1;
    while (before != chunks) {
        before = chunks;
        std::this_thread::sleep_for(200ms);
    }
    CHECK(chunks < 50'000);
    std::size_t read = 0;
    while (read < 100'000'000 && chunks < before + 1'000) read += stream->read(10s, {}).size();
    CHECK(chunks >= before + 1'000);
}

TEST_CASE("a stream that goes out of scope while the server waits ends there too") {
    std::atomic<long> chunks{0};
    ScriptedApiServer server(endless(chunks));
    const auto transport = connect_transport(server.config(), {.stream_buffer = 1'000});
    {
        const auto stream = transport->open(watch(), {});
        stream->read(10s, {});
    }
    while (server.connections() > 0) std::this_thread::yield();
    SUCCEED("the connection is closed");
}

TEST_CASE("hundreds of streams that are left in the middle leave nothing behind") {
    ScriptedApiServer server([](const SeenRequest&, Reply& reply) {
        reply.begin_chunks(200);
        for (int count = 0; count < 50; ++count) reply.chunk(std::string(1'000, 'x'));
        reply.stay_silent();
    });
    const auto transport = connect_transport(server.config(), {.stream_buffer = 10'000});
    const auto began = std::chrono::steady_clock::now();
    std::atomic<int> left{0};
    std::vector<std::jthread> readers;
    for (int reader = 0; reader < 4; ++reader) {
        readers.emplace_back([&] {
            for (int count = 0; count < 150; ++count) {
                const auto stream = transport->open(watch(), {});
                for (int reads = 0; reads < count % 4; ++reads) stream->read(10s, {});
                ++left;
            }
        });
    }
    readers.clear();
    CHECK(left == 600);
    CHECK(std::chrono::steady_clock::now() - began < 50s);
    while (server.connections() > 0) std::this_thread::yield();
}
