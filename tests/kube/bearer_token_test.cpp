#include "kube/bearer_token.hpp"

#include "kube/text_file.hpp"
#include "support/fake_clock.hpp"
#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper;
using namespace lockkeeper::kube;
using namespace std::chrono_literals;

namespace {

ClientConfig with_token_file(const std::filesystem::path& file) {
    ClientConfig config;
    config.token_file = file;
    return config;
}

}  // namespace

TEST_CASE("a token's file is read again after a minute") {
    tests::TemporaryFolder folder;
    tests::FakeClock clock;
    folder.write("token", "first\n");
    BearerToken token(with_token_file(folder.path("token")), clock);
    CHECK(token.current().reveal() == "first");
    folder.write("token", "second");
    clock.advance(59s);
    CHECK(token.current().reveal() == "first");
    clock.advance(1s);
    CHECK(token.current().reveal() == "second");
}

TEST_CASE("a refused token is read again at once, and tried again only if it is another one") {
    tests::TemporaryFolder folder;
    tests::FakeClock clock;
    folder.write("token", "first");
    BearerToken token(with_token_file(folder.path("token")), clock);
    CHECK(token.current().reveal() == "first");
    CHECK_FALSE(token.refresh());
    folder.write("token", "second");
    CHECK(token.refresh());
    CHECK(token.current().reveal() == "second");
}

TEST_CASE("a token whose file is gone for a moment stays as it was") {
    tests::TemporaryFolder folder;
    tests::FakeClock clock;
    folder.write("token", "first");
    BearerToken token(with_token_file(folder.path("token")), clock);
    token.current();
    std::filesystem::remove(folder.path("token"));
    clock.advance(1h);
    CHECK(token.current().reveal() == "first");
    CHECK_FALSE(token.refresh());
}

TEST_CASE("a token that was never there is an error that names its file") {
    tests::FakeClock clock;
    BearerToken token(with_token_file("/nowhere/token"), clock);
    CHECK_THROWS_WITH(token.current(), Catch::Matchers::Contains("/nowhere/token"));
}

TEST_CASE("a token of the configuration itself has no file to be read again") {
    tests::FakeClock clock;
    ClientConfig config;
    config.token = SecretText("fixed");
    BearerToken token(config, clock);
    CHECK(token.current().reveal() == "fixed");
    CHECK_FALSE(token.refresh());
}
