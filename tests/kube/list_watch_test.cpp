#include "kube/list_watch.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace lockkeeper::kube;
using namespace std::chrono_literals;
using Kind = ListWatchTrouble::Kind;

namespace {

const TimePoint start{1h};

/// A step as text: `list`, `list more`, `watch 7`, with its pause behind.
std::string text_of(const ListWatchStep& step) {
    std::string text;
    if (const auto* const list = std::get_if<ListWatchStep::List>(&step.action)) {
        text = list->continue_token.empty() ? "list" : "list " + list->continue_token;
    } else {
        text = "watch " + std::get<ListWatchStep::Watch>(step.action).resource_version;
    }
    return step.pause > 0ms ? text + " in " + std::to_string(step.pause.count()) : text;
}

/// The rules without jitter, after a list that gave version 7 a while ago.
struct Listed {
    ListWatch rules{[] { return 0.0; }};
    TimePoint now = start + 1min;

    Listed() { rules.page_listed("7", "", start); }

    std::string watch_failed(Kind kind) { return text_of(rules.watch_ended({5s, 0, ListWatchTrouble{kind}}, now)); }
};

}  // namespace

TEST_CASE("a list is read page by page, and then watched from its version") {
    ListWatch rules([] { return 0.0; });
    CHECK(text_of(rules.start()) == "list");
    CHECK(text_of(rules.page_listed("7", "p2", start)) == "list p2");
    CHECK(text_of(rules.page_listed("7", "p3", start)) == "list p3");
    CHECK(text_of(rules.page_listed("7", "", start)) == "watch 7");
}

TEST_CASE("a continue token that has expired begins the list again, at once") {
    ListWatch rules([] { return 0.0; });
    rules.page_listed("7", "p2", start);
    CHECK(text_of(rules.list_failed({Kind::Expired}, start)) == "list");
    CHECK(text_of(rules.list_failed({Kind::Expired}, start)) == "list in 800");
}

TEST_CASE("a list that fails is begun again, later and later") {
    ListWatch rules([] { return 0.0; });
    std::vector<std::string> steps;
    for (int count = 0; count < 8; ++count) steps.push_back(text_of(rules.list_failed({Kind::Failed}, start)));
    CHECK(steps == std::vector<std::string>{"list in 800", "list in 1600", "list in 3200", "list in 6400",
                                            "list in 12800", "list in 25600", "list in 30000", "list in 30000"});
}

TEST_CASE("a watch that ends goes on after the last event or bookmark, without a list") {
    Listed listed;
    CHECK(text_of(listed.rules.watch_ended({300s, 0}, listed.now)) == "watch 7");
    listed.rules.saw("9");
    listed.rules.saw("8");  // versions are opaque: the last one counts
    CHECK(text_of(listed.rules.watch_ended({300s, 2}, listed.now)) == "watch 8");
}

TEST_CASE("a watch that ends as soon as it begins is a failure, one that brought something is not") {
    Listed listed;
    CHECK(text_of(listed.rules.watch_ended({900ms, 0}, listed.now)) == "watch 7 in 800");
    CHECK(text_of(listed.rules.watch_ended({900ms, 0}, listed.now)) == "watch 7 in 1600");
    CHECK(text_of(listed.rules.watch_ended({900ms, 1}, listed.now)) == "watch 7");
    CHECK(text_of(listed.rules.watch_ended({1s, 0}, listed.now)) == "watch 7");
}

TEST_CASE("an expired version is listed again at once, but not in a storm") {
    Listed listed;
    CHECK(listed.watch_failed(Kind::Expired) == "list");
    listed.rules.page_listed("20", "", listed.now);
    CHECK(listed.watch_failed(Kind::Expired) == "list in 800");
    listed.rules.page_listed("21", "", listed.now);
    CHECK(listed.watch_failed(Kind::Expired) == "list in 1600");
}

TEST_CASE("a server that is not there keeps the version, and is asked every few seconds") {
    Listed listed;
    CHECK(listed.watch_failed(Kind::Unreachable) == "watch 7 in 800");
    CHECK(listed.watch_failed(Kind::Unreachable) == "watch 7 in 1600");
    for (int count = 0; count < 20; ++count) CHECK(listed.watch_failed(Kind::Unreachable) == "watch 7 in 2000");
}

TEST_CASE("after a long outage the server's first refusals are not waited for as long as the outage was") {
    Listed listed;
    for (int count = 0; count < 20; ++count) listed.watch_failed(Kind::Unreachable);
    CHECK(listed.watch_failed(Kind::Throttled) == "watch 7 in 800");
}

TEST_CASE("throttling keeps the version and waits as long as the server asks") {
    Listed listed;
    CHECK(text_of(listed.rules.watch_ended({0s, 0, ListWatchTrouble{Kind::Throttled, 5s}}, listed.now)) ==
          "watch 7 in 5000");
    CHECK(text_of(listed.rules.watch_ended({0s, 0, ListWatchTrouble{Kind::Throttled, 1s}}, listed.now)) ==
          "watch 7 in 1600");
}

TEST_CASE("being denied keeps the version and is never given up") {
    Listed listed;
    std::string last;
    for (int count = 0; count < 50; ++count) last = listed.watch_failed(Kind::Denied);
    CHECK(last == "watch 7 in 30000");
}

TEST_CASE("a failure of the server's is watched again, a second one in a row is listed") {
    Listed listed;
    CHECK(listed.watch_failed(Kind::Failed) == "watch 7 in 800");
    CHECK(listed.watch_failed(Kind::Failed) == "list in 1600");
    listed.rules.page_listed("30", "", listed.now);
    CHECK(listed.watch_failed(Kind::Failed) == "watch 30 in 3200");
    listed.rules.saw("31");
    CHECK(listed.watch_failed(Kind::Failed) == "watch 31 in 6400");
}

TEST_CASE("garbage, and a kind that is gone, are listed again after a pause") {
    Listed listed;
    CHECK(listed.watch_failed(Kind::Garbled) == "list in 800");
    CHECK(listed.watch_failed(Kind::NotFound) == "list in 800");
}

TEST_CASE("pauses start anew after two minutes without a failure") {
    Listed listed;
    for (int count = 0; count < 5; ++count) listed.watch_failed(Kind::Denied);
    listed.now += 119s;
    CHECK(listed.watch_failed(Kind::Denied) == "watch 7 in 25600");
    listed.now += 120s;
    CHECK(listed.watch_failed(Kind::Denied) == "watch 7 in 800");
}

TEST_CASE("jitter makes a pause up to twice as long") {
    ListWatch rules([] { return 0.5; });
    CHECK(text_of(rules.list_failed({Kind::Failed}, start)) == "list in 1200");
    CHECK(text_of(rules.list_failed({Kind::Failed}, start)) == "list in 2400");
}
