#include "app/health_checks.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::app;

TEST_CASE("a probe is well when every check is, and names each that is not") {
    HealthChecks checks;
    CHECK(checks.answer().status == 200);
    std::optional<std::string> caches = "not synced";
    checks.add("caches", [&] { return caches; });
    checks.add("lease", [] { return std::optional<std::string>("not renewed for 35 s"); });
    checks.add("fine", [] { return std::optional<std::string>(); });
    CHECK(checks.answer().status == 500);
    CHECK(checks.answer().body == "caches: not synced\nlease: not renewed for 35 s\n");
    checks.add("lease", [] { return std::optional<std::string>(); });
    caches.reset();
    CHECK(checks.answer().status == 200);
    CHECK(checks.answer().body == "ok\n");
}
