#include "app/listen_address.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <system_error>

using namespace lockkeeper::app;

TEST_CASE("a listen address is a host and a port, and 0 is none") {
    CHECK_FALSE(parse_listen_address("0"));
    CHECK(parse_listen_address(":8080")->host.empty());
    CHECK(parse_listen_address(":8080")->port == 8080);
    CHECK(parse_listen_address("127.0.0.1:1")->host == "127.0.0.1");
    CHECK(parse_listen_address("[::1]:8080")->host == "::1");
    CHECK(parse_listen_address("[::1]:8080")->to_string() == "[::1]:8080");
    for (const auto* const wrong : {"", "8080", ":", ":x", ":65536", ":-1", "::1:8080", "[]:80", "[::1", "a:80 "}) {
        INFO(wrong);
        CHECK_THROWS_AS(parse_listen_address(wrong), std::invalid_argument);
    }
}

TEST_CASE("an address that is taken is refused by its name") {
    const auto first = listen_on({"127.0.0.1", 0});
    const auto port = port_of(first);
    REQUIRE(port != 0);
    CHECK_THROWS_WITH(listen_on({"127.0.0.1", port}), Catch::Contains("127.0.0.1:" + std::to_string(port)));
}

TEST_CASE("without a host it listens to both families") {
    const auto socket = listen_on({"", 0});
    CHECK(port_of(socket) != 0);
}
