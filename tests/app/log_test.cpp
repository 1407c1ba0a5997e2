#include "app/log.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace lockkeeper::app;

TEST_CASE("a log line is key=value pairs, quoted where they must be") {
    CHECK(format_log_line(OutputFormat::Text, "2026-01-31T08:09:10Z", LogLevel::Info, "ready",
                          {{"migration", "shop/shop"}, {"message", "a \"b\"\nc"}, {"empty", ""}}) ==
          R"(time=2026-01-31T08:09:10Z level=info msg=ready migration=shop/shop message="a \"b\"\nc" empty="")");
}

TEST_CASE("a log line cannot be forged by what it quotes") {
    const auto line = format_log_line(OutputFormat::Text, "t", LogLevel::Info, "x\nlevel=error msg=forged", {});
    CHECK(line.find('\n') == std::string::npos);
}

TEST_CASE("a JSON log line is one object, whatever its values hold") {
    const auto line = format_log_line(OutputFormat::Json, "t", LogLevel::Warning, "bad \xFF byte", {{"a", "b"}});
    const auto object = nlohmann::json::parse(line);
    CHECK(object["level"] == "warning");
    CHECK(object["a"] == "b");
}
