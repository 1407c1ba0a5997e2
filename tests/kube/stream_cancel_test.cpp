#include "kube/transport.hpp"
#include "support/disturbed_run.hpp"
#include "support/sanitized.hpp"
#include "support/scripted_api_server.hpp"

#include <catch2/catch.hpp>
#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

using namespace lockkeeper::kube;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;

namespace {

std::size_t descriptors() {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()));
}

std::size_t resident_kib() {
    ::malloc_trim(0);
    std::size_t total = 0;
    std::size_t resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

/// By the number of a stream: silent before its head, silent after some bytes, or never silent.
void serve(const SeenRequest& request, Reply& reply) {
    const int kind = std::stoi(request.query.at("number")) % 4;
    if (kind == 0) return reply.stay_silent();
    reply.begin_chunks(200);
    if (kind == 1) {
        reply.chunk("one");
        return reply.stay_silent();
    }
    while (reply.is_open()) reply.chunk(std::string(4'000, 'x'));
}

/// Opens a stream and leaves it: by a stop while its head is waited for, unread, in the middle, or while the server is
/// made to wait.
void leave_one(Transport& transport, std::size_t number) {
    HttpRequest request;
    request.method = "GET";
    request.path = "/watch";
    request.query = {{"number", std::to_string(number)}};
    if (number % 4 == 0) {
        request.deadline = std::chrono::milliseconds(number / 4 % 8);
        try {
            transport.open(request, {});
        } catch (const TransportError&) {  // NOLINT(bugprone-empty-catch): its time is up, as it must be
        }
        return;
    }
    request.deadline = 60s;
    const auto stream = transport.open(request, {});
    for (std::size_t reads = 0; reads < number / 4 % 3 && number % 4 != 1; ++reads) stream->read(60s, {});
    if (number % 4 == 3) std::this_thread::sleep_for(1ms);  // until what nobody reads has filled the buffer
}

struct Held {
    std::size_t descriptors;
    std::size_t kib;
};

/// With four threads; then what this process holds once all connections have ended, those of the server included.
Held after_leaving(ScriptedApiServer& server, Transport& transport, std::size_t count) {
    std::atomic<std::size_t> next{0};
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&] {
                for (auto number = next++; number < count; number = next++) {
                    leave_one(transport, number);
                    if (number % 100 == 0) server.forget_requests();
                }
            });
        }
    }
    server.stop();
    server.start();
    server.forget_requests();
    return {descriptors(), resident_kib()};
}

}  // namespace

TEST_CASE("thousands of streams that are cancelled anywhere leak neither descriptors nor memory") {
    ScriptedApiServer server(serve);
    const auto transport = connect_transport(server.config(), {.stream_buffer = 10'000});
    const auto count = is_sanitized ? 200 : ci_or_soak(2'000, 50'000);
    const auto before = after_leaving(server, *transport, count / 10);
    const auto after = after_leaving(server, *transport, count);
    CAPTURE(count, before.descriptors, after.descriptors, before.kib, after.kib);
    CHECK(after.descriptors <= before.descriptors + 4);
    // A connection that is not let go is more than 50 KiB of OpenSSL's.
    if (!is_sanitized) CHECK(after.kib <= before.kib + 10UL * 1024);
    if (std::getenv("LOCKKEEPER_SOAK") != nullptr) {
        WARN(count << " streams: descriptors " << before.descriptors << " > " << after.descriptors << ", memory "
                   << before.kib << " > " << after.kib << " KiB");
    }
}
