// The checker of whole lives can fail: each rule against a sequence that breaks it and one that does not.
#include "support/status_life.hpp"

#include <catch2/catch.hpp>

using lockkeeper::tests::StatusLife;
using nlohmann::json;

namespace {

json condition(const std::string& type, const std::string& status, const std::string& reason) {
    return {{"type", type},   {"status", status},        {"reason", reason},
            {"message", "m"}, {"observedGeneration", 1}, {"lastTransitionTime", "2026-03-01T12:00:00Z"}};
}

json shop(const json& conditions, const json& more = json::object()) {
    json object{{"metadata", {{"name", "shop"}, {"uid", "u"}, {"generation", 1}}},
                {"status", {{"observedGeneration", 1}, {"conditions", conditions}}}};
    object["status"].update(more);
    return object;
}

const json progressing =
    shop({condition("Ready", "Unknown", "Progressing"), condition("Reconciling", "True", "Migrating")});
const json ready = shop(json::array({condition("Ready", "True", "UpToDate")}));
const json retrying =
    shop({condition("Ready", "False", "AccessDenied"), condition("Reconciling", "True", "AccessDenied")},
         {{"nextRetryTime", "2026-03-01T12:00:05Z"}, {"lastError", {{"message", "m"}}}});
const json stalled = shop({condition("Ready", "False", "ScriptFailed"), condition("Stalled", "True", "ScriptFailed")});

/// The complaints about a life, each without the status that it quotes.
std::vector<std::string> complaints_about(const std::vector<json>& life) {
    StatusLife watched({"hunter2"});
    for (const auto& object : life) watched.see({{"type", "MODIFIED"}, {"object", object}});
    std::vector<std::string> texts;
    for (const auto& complaint : watched.complaints()) texts.push_back(complaint.substr(5, complaint.find(": ") - 5));
    return texts;
}

json changed(json object, const char* pointer, const json& value) {
    object[json::json_pointer(pointer)] = value;
    return object;
}

using Complaints = std::vector<std::string>;

}  // namespace

TEST_CASE("a life as it should be is not complained of") {
    const json fresh{{"metadata", {{"name", "shop"}, {"uid", "u"}, {"generation", 1}}},
                     {"status", {{"observedGeneration", -1}}}};
    CHECK_THAT(complaints_about({fresh, progressing, retrying, progressing, stalled, progressing, ready}),
               Catch::Matchers::Equals(Complaints{}));
}

TEST_CASE("each status that is not as it should be is complained of") {
    CHECK(complaints_about({shop(json::array({condition("Stalled", "True", "X")}))}) == Complaints{"has no Ready"});
    CHECK(complaints_about({changed(ready, "/status/observedGeneration", 0)}) ==
          Complaints{"Ready speaks of another generation than the status"});
    CHECK(complaints_about({changed(ready, "/metadata/generation", 0)}) ==
          Complaints{"speaks of a generation to come"});
    CHECK(complaints_about({changed(stalled, "/status/nextRetryTime", "2026-03-01T12:00:05Z")}) ==
          Complaints{"is Stalled, and a retry is scheduled", "is tried again, and is at rest"});
    CHECK(complaints_about({changed(progressing, "/status/conditions/1/status", "False")}) ==
          Complaints{"has a condition that is not True", "is unknown, and is at rest"});
    auto both = stalled;
    both["status"]["conditions"].push_back(condition("Reconciling", "True", "ScriptFailed"));
    CHECK(complaints_about({both}) == Complaints{"is Reconciling and Stalled"});
    auto contradiction = ready;
    contradiction["status"]["conditions"].push_back(condition("Reconciling", "True", "Migrating"));
    CHECK(complaints_about({contradiction}) == Complaints{"is Ready and something else"});
    CHECK(complaints_about({changed(ready, "/status/running", {{"version", "1"}})}) ==
          Complaints{"tells of a run that has ended"});
    CHECK(complaints_about({changed(stalled, "/status/lock", {{"key", 1}})}) ==
          Complaints{"tells of a run that has ended"});
    CHECK(complaints_about({changed(ready, "/status/lastError", {{"message", "m"}})}) ==
          Complaints{"is Ready with an error"});
    CHECK(complaints_about({changed(ready, "/status/conditions/0/message", "two\nlines")}) ==
          Complaints{"has a message that is no line"});
    CHECK(complaints_about({changed(stalled, "/status/lastError", {{"message", "password hunter2"}})}) ==
          Complaints{"shows a secret"});
}

TEST_CASE("each change that is not as it should be is complained of") {
    CHECK(complaints_about({ready, changed(ready, "/metadata/resourceVersion", "2")}) ==
          Complaints{"was written, and nothing changed"});
    const auto moved = changed(ready, "/status/conditions/0/lastTransitionTime", "2026-03-01T12:00:01Z");
    CHECK(complaints_about({ready, moved}) == Complaints{"Ready has moved in time without a change"});
    CHECK(complaints_about({moved, progressing}) == Complaints{"has gone back in time"});
    auto newer = changed(changed(ready, "/status/observedGeneration", 2), "/metadata/generation", 2);
    newer["status"]["conditions"][0]["observedGeneration"] = 2;
    CHECK_THAT(complaints_about({ready, newer}), Catch::Matchers::Equals(Complaints{}));
    CHECK(complaints_about({newer, changed(ready, "/metadata/generation", 2)}) ==
          Complaints{"has gone back to an older generation", "is Ready by a stale generation"});
}

TEST_CASE("a Migration that was made anew has a life of its own") {
    const auto other = changed(progressing, "/metadata/uid", "v");
    CHECK_THAT(complaints_about({ready, other}), Catch::Matchers::Equals(Complaints{}));
}
