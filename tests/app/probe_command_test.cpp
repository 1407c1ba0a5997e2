#include "app/probe_command.hpp"

#include "app/options.hpp"
#include "app/probe_server.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace lockkeeper::app;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

ProbeAnswer show(const std::string& path) {
    if (path == "/readyz") return {503, "not ready: the caches are not filled\n"};
    return {200, "workers 4\n"};
}

struct Outcome {
    ExitCode code;
    std::string said;
};

Outcome probe(const ProbeOptions& options) {
    std::ostringstream out;
    const auto code = run_probe(options, out, {});
    return {code, out.str()};
}

std::string url(std::uint16_t port, const std::string& path) {
    return "http://127.0.0.1:" + std::to_string(port) + path;
}

}  // namespace

TEST_CASE("a probe is content with 200 and the text that is expected") {
    const ProbeServer server({"127.0.0.1", 0}, show, {});
    CHECK(probe({url(server.port(), "/metrics"), "workers", 5s}).code == ExitCode::Done);
    CHECK(probe({url(server.port(), "/metrics"), "", 5s}).code == ExitCode::Done);
}

TEST_CASE("a probe that fails shows what was answered") {
    const ProbeServer server({"127.0.0.1", 0}, show, {});
    const auto unready = probe({url(server.port(), "/readyz"), "", 5s});
    CHECK(unready.code == ExitCode::Failed);
    CHECK_THAT(unready.said, Contains("answered 503") && Contains("the caches are not filled"));
    const auto other = probe({url(server.port(), "/metrics"), "leader", 5s});
    CHECK(other.code == ExitCode::Failed);
    CHECK_THAT(other.said, Contains("answered without 'leader'") && Contains("workers 4"));
}

TEST_CASE("a probe of a server that is not there says so when its time is over") {
    const auto port = ProbeServer({"127.0.0.1", 0}, show, {}).port();
    const auto outcome = probe({url(port, "/readyz"), "", 700ms});
    CHECK(outcome.code == ExitCode::Failed);
    CHECK_THAT(outcome.said, Contains("/readyz did not answer: "));
}

TEST_CASE("a probe needs a URL with a scheme and a path") {
    CHECK_THROWS_AS(probe({"http://localhost:8080", "", 1s}), WrongUsage);
    CHECK_THROWS_AS(probe({"localhost:8080/readyz", "", 1s}), WrongUsage);
}
