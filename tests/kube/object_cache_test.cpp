#include "kube/object_cache.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace lockkeeper::kube;
using nlohmann::json;
using Strings = std::vector<std::string>;

namespace {

json object(const std::string& name, const std::string& version, const std::string& value) {
    return {{"metadata", {{"namespace", "shop"}, {"name", name}, {"resourceVersion", version}}}, {"value", value}};
}

/// A cache of one text for each object, and what it told.
struct Observed {
    Strings changes;
    Strings errors;
    ObjectCache<std::string> cache{
        [](const json& item) {
            if (item.at("value") == "odd") throw std::invalid_argument("odd");
            return item.at("value").get<std::string>();
        },
        [this](const NamespacedName& key, const auto& before, const auto& after) {
            changes.push_back(key.to_string() + " " + (before ? *before : "-") + " > " + (after ? *after : "-"));
        },
        [this](LogLevel, std::string_view message, const LogFields&) { errors.emplace_back(message); }};

    void list(const std::vector<json>& objects) {
        cache.list_begins();
        for (const auto& item : objects) cache.listed(item);
        cache.list_ends();
    }
    Strings take_changes() { return std::exchange(changes, {}); }
    std::string value(const std::string& name) const {
        const auto found = cache.find({"shop", name});
        return found ? *found : "-";
    }
};

}  // namespace

TEST_CASE("a cache has synced once a first list is complete and has been told") {
    Observed observed;
    observed.cache.list_begins();
    observed.cache.listed(object("a", "1", "x"));
    CHECK_FALSE(observed.cache.has_synced());
    CHECK(observed.value("a") == "-");
    observed.cache.list_ends();
    CHECK(observed.cache.has_synced());
    CHECK(observed.cache.wait_for_sync(std::chrono::milliseconds(0), {}));
    CHECK(observed.take_changes() == Strings{"shop/a - > x"});
}

TEST_CASE("an empty list syncs too") {
    Observed observed;
    observed.list({});
    CHECK(observed.cache.has_synced());
}

TEST_CASE("events add, change and delete") {
    Observed observed;
    observed.list({});
    observed.cache.changed(object("a", "2", "x"));
    observed.cache.changed(object("a", "3", "y"));
    observed.cache.deleted(object("a", "4", "y"));
    CHECK(observed.take_changes() == Strings{"shop/a - > x", "shop/a x > y", "shop/a y > -"});
    observed.cache.deleted(object("a", "4", "y"));
    CHECK(observed.take_changes().empty());
}

TEST_CASE("a list anew tells only what differs, deletions that were missed first") {
    Observed observed;
    observed.list({object("a", "1", "a1"), object("b", "1", "b1"), object("c", "1", "c1")});
    observed.take_changes();
    observed.list({object("b", "1", "b1"), object("c", "5", "c2"), object("d", "6", "d1")});
    CHECK(observed.take_changes() == Strings{"shop/a a1 > -", "shop/c c1 > c2", "shop/d - > d1"});
    CHECK(observed.cache.size() == 3);
}

TEST_CASE("a list that was not finished never happened") {
    Observed observed;
    observed.list({object("a", "1", "a1")});
    observed.take_changes();
    observed.cache.list_begins();
    observed.cache.listed(object("b", "1", "b1"));
    observed.list({object("a", "1", "a1")});
    CHECK(observed.take_changes().empty());
    CHECK(observed.value("b") == "-");
}

TEST_CASE("an object that cannot be read is logged, and stays as it was") {
    Observed observed;
    observed.list({object("a", "1", "a1"), object("b", "1", "odd")});
    CHECK(observed.take_changes() == Strings{"shop/a - > a1"});
    observed.cache.changed(object("a", "2", "odd"));
    CHECK(observed.value("a") == "a1");
    observed.list({object("a", "2", "odd")});
    CHECK(observed.value("a") == "a1");
    CHECK(observed.take_changes().empty());
    CHECK(observed.errors.size() == 3);
    observed.cache.changed(object("a", "3", "a3"));
    CHECK(observed.value("a") == "a3");
}

TEST_CASE("what was read from a cache stays as it was read") {
    Observed observed;
    observed.list({object("a", "1", "a1")});
    const auto before = observed.cache.find({"shop", "a"});
    observed.cache.deleted(object("a", "2", "a1"));
    CHECK(*before == "a1");
    CHECK(observed.cache.all().empty());
}

TEST_CASE("each part of a cache is listed and replaced by itself, and all of them make it synced") {
    Strings changes;
    ObjectCache<std::string> cache(
        [](const json& item) { return item.at("value").get<std::string>(); },
        [&](const NamespacedName& key, const auto& before, const auto& after) {
            changes.push_back(key.to_string() + " " + (before ? *before : "-") + " > " + (after ? *after : "-"));
        },
        no_log(), {"a", "b"});
    const auto list = [&](const std::string& space, const Strings& names) {
        auto& part = cache.part(space);
        part.list_begins();
        for (const auto& name : names) {
            part.listed(
                {{"metadata", {{"namespace", space}, {"name", name}, {"resourceVersion", "1"}}}, {"value", "x"}});
        }
        part.list_ends();
    };
    list("b", {"one", "two"});
    list("b", {"one", "two"});
    CHECK_FALSE(cache.has_synced());
    list("a", {"one"});
    CHECK(cache.has_synced());
    changes.clear();
    list("b", {"two"});
    CHECK(changes == Strings{"b/one x > -"});
    list("a", {});
    CHECK(cache.size() == 1);
    CHECK(cache.find({"b", "two"}) != nullptr);
    CHECK_THROWS_AS(cache.part("c"), std::out_of_range);
}
